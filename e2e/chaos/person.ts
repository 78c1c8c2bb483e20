// A person at a browser, all day: signs in, chats, reloads in the middle, refreshes, signs out, and signs in again.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Answer } from './answer';
import { Browser, events, Refused } from './browser';
import { answerTo, type Model, type Question } from './model';
import { type Provider } from './provider';
import { type Books } from './tally';

export interface World {
  origin: string;
  provider: Provider;
  model: Model;
  books: Books;
  /** How long an answer is. */
  words: number;
  pauseMs: number;
}

interface SignedIn {
  browser: Browser;
  session: string;
  token: string;
  /** When the token was issued. */
  since: number;
  /** Ends the stream of the session's events. */
  page: AbortController;
}

interface Conversation {
  messages: { id: string; role: string; text: string; end?: string }[];
}

/** A page asks for a new token well before the old one, of 20 seconds, expires. */
const TOKEN_AGE_MS = 12_000;
const RELOADS = 0.5;
const SIGN_OUTS = 0.1;
/** Between two answers, at most. */
const THINKING_MS = 3_000;
const AFTER_REFUSAL_MS = 1_000;
/** How long the database, when it is back, may lack an end that was shown: the server's tries to store it take half a minute. */
const STORED_WITHIN_MS = 30_000;

export class Person {
  /** When their last question, with all that followed, went well. */
  wellAt = 0;
  private signedIn?: SignedIn;
  private isLeaving = false;

  constructor(
    private readonly name: string,
    private readonly world: World,
  ) {}

  /** Until they leave. */
  async live() {
    while (!this.isLeaving) {
      try {
        const begun = Date.now();
        await this.chat(await this.session());
        this.wellAt = begun;
        if (Math.random() < SIGN_OUTS) await this.signOut();
        await delay(Math.random() * THINKING_MS);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        await delay(AFTER_REFUSAL_MS * (0.5 + Math.random()));
      }
    }
    this.signedIn?.page.abort();
  }

  leave() {
    this.isLeaving = true;
  }

  private get tally() {
    return this.world.books.current;
  }

  private async session(): Promise<SignedIn> {
    this.signedIn ??= await this.signIn();
    return this.signedIn;
  }

  private async signIn(): Promise<SignedIn> {
    const { origin, provider, books } = this.world;
    const browser = await Browser.at(origin, books);
    const { authorize_url } = await browser.json<{ authorize_url: string }>(
      'GET', `/api/authorize?dpop_jkt=${browser.thumbprint}`,
    );
    const response = provider.authorize(authorize_url, this.name);
    const answer = await browser.json<{ access_token: string; session: string }>('POST', '/api/token', { body: response });
    this.tally.signIns++;
    const signedIn = {
      browser, session: answer.session, token: answer.access_token, since: Date.now(), page: new AbortController(),
    };
    void this.watchSession(signedIn);
    return signedIn;
  }

  /** The stream that notifies an open page of the end of its session. */
  private async watchSession({ browser, token, page }: SignedIn) {
    while (!page.signal.aborted) {
      const current = this.signedIn?.page === page ? this.signedIn.token : token;
      try {
        const answer = await browser.call('GET', '/api/session/events', { token: current, signal: page.signal });
        for await (const event of events(answer)) void event;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      await delay(AFTER_REFUSAL_MS * (0.5 + Math.random()));
    }
  }

  /** An access token that is not too old. */
  private async token(signedIn: SignedIn): Promise<string> {
    if (Date.now() - signedIn.since > TOKEN_AGE_MS) await this.refresh(signedIn);
    return signedIn.token;
  }

  private async refresh(signedIn: SignedIn) {
    const since = Date.now();
    try {
      const { access_token } = await signedIn.browser.json<{ access_token: string }>('POST', '/api/refresh', {
        body: { session: signedIn.session },
      });
      Object.assign(signedIn, { token: access_token, since });
      this.tally.refreshes++;
    } catch (error) {
      if (error instanceof Refused && error.kind === 'session_ended') this.loseSession(signedIn);
      throw error;
    }
  }

  /** Two calls may find the same session ended: it is lost once. */
  private loseSession(signedIn: SignedIn) {
    if (this.signedIn !== signedIn) return;
    this.forget(signedIn);
    this.tally.sessionsLost++;
    if (this.world.provider.hasLostAnswer(this.name)) this.tally.lostAfterRotation++;
  }

  private async signOut() {
    const { signedIn } = this;
    if (!signedIn) return;
    // Even if the call fails, the browser is signed out, and repeats the call later.
    this.forget(signedIn);
    this.tally.signOuts++;
    await signedIn.browser.json('POST', '/api/logout', { body: { session: signedIn.session } });
  }

  private forget(signedIn: SignedIn) {
    signedIn.page.abort();
    if (this.signedIn === signedIn) this.signedIn = undefined;
  }

  private async chat(signedIn: SignedIn) {
    const { words, pauseMs, model } = this.world;
    const question: Question = { id: randomUUID(), words, pauseMs };
    const message = { conversation: randomUUID(), message: JSON.stringify(question), idempotency_key: randomUUID() };
    const reloads = Math.random() < RELOADS;
    const answer = new Answer(reloads ? 1 + Math.floor(Math.random() * words) : undefined);
    if (reloads) this.tally.reloads++;
    try {
      await answer.read(signedIn.browser, message, () => this.freshToken(signedIn));
      if (!answer.reason) {
        this.tally.endless++;
        return;
      }
      this.tally.answers++;
      if (answer.reason === 'interrupted') this.tally.cut(model.writer(question));
      await this.compare(signedIn, message.conversation, question, answer);
    } finally {
      model.forget(question);
    }
  }

  /** The same, tried again while the service is ill: an answer that is being read waits for it. */
  private async freshToken(signedIn: SignedIn): Promise<string> {
    try {
      return await this.token(signedIn);
    } catch (error) {
      if (error instanceof Refused && error.kind !== 'session_ended') return signedIn.token;
      throw error;
    }
  }

  /** What was shown, what is stored, and what the model has said. */
  private async compare(signedIn: SignedIn, conversation: string, question: Question, answer: Answer) {
    const path = `/api/conversation?id=${conversation}`;
    const deadline = Date.now() + STORED_WITHIN_MS;
    const read = async () => {
      const token = await this.token(signedIn);
      const stored = await signedIn.browser.json<Conversation>('GET', path, { token });
      return stored.messages.find(({ id }) => id === answer.id);
    };
    let message = await this.repeated(read);
    // The end that was shown is still to be stored.
    while (message && !message.end && Date.now() < deadline) {
      await delay(AFTER_REFUSAL_MS);
      message = await this.repeated(read);
    }
    const whole = answerTo(question);
    if (message?.text !== answer.text || message.end !== answer.reason) {
      this.tally.differences.push(
        `shown: ${answer.reason}, ${answer.text.length} characters; stored: ${message?.end}, ${message?.text.length}`,
      );
    } else if (answer.reason === 'complete' ? answer.text !== whole : !whole.startsWith(answer.text)) {
      this.tally.differences.push(`${answer.reason}, but the model said something else`);
    }
  }

  /** Until it is answered, or the session ends. */
  private async repeated<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Refused) || error.kind === 'session_ended' || this.isLeaving) throw error;
        await delay(AFTER_REFUSAL_MS * (0.5 + Math.random()));
      }
    }
  }
}

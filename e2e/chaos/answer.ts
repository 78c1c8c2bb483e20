// One answer, read as the page reads it: its stream may break at any time, and is followed from the last event, at whichever
// replica the proxy chooses. Only an end event is an end.

import { setTimeout as delay } from 'node:timers/promises';

import { events, Refused, type Browser } from './browser';

export interface ChatEvent {
  n: number;
  type: 'open' | 'delta' | 'thinking' | 'usage' | 'error' | 'end';
  answer?: string;
  text?: string;
  reason?: string;
}

/** As the page's, in src/client/chat/running_answer.rs: the pauses before it follows again, in milliseconds. */
const RETRY_DELAYS = [200, 1_000, 2_000, 5_000, 10_000];
/** How long a person looks at an answer that does not end. */
const PATIENCE_MS = 90_000;
/** Between leaving the page and the first call of the new one. */
const RELOAD_MS = 300;

export class Answer {
  id?: string;
  /** Everything that was shown. */
  text = '';
  /** Why it has ended. */
  reason?: string;
  private last?: number;
  private reloadAfter: number;

  /** `reloadAfter` so many events, the page is reloaded once. */
  constructor(reloadAfter = Infinity) {
    this.reloadAfter = reloadAfter;
  }

  /** Sends the message, and reads to the end of its answer. Fails if the message is refused, or the session ends. */
  async read(browser: Browser, message: object, token: () => Promise<string>) {
    await this.stream(browser, '/api/chat', message, await token());
    const deadline = Date.now() + PATIENCE_MS;
    for (let attempt = 0; !this.reason; attempt++) {
      if (Date.now() > deadline) return;
      const before = this.last;
      try {
        if (this.id) await this.stream(browser, '/api/chat/follow', { answer: this.id, after: this.last }, await token());
        // It broke before its first event. The same message again, by its key, is the same answer.
        else await this.stream(browser, '/api/chat', message, await token());
      } catch (error) {
        if (!(error instanceof Refused) || error.kind === 'session_ended') throw error;
      }
      if (this.last !== before) attempt = -1;
      const pause = RETRY_DELAYS[Math.min(Math.max(attempt, 0), RETRY_DELAYS.length - 1)];
      if (!this.reason) await delay(pause * (0.5 + Math.random()));
    }
  }

  private async stream(browser: Browser, path: string, body: object, token: string) {
    const leaving = new AbortController();
    const answer = await browser.call('POST', path, { token, body, signal: leaving.signal });
    for await (const event of events<ChatEvent>(answer)) {
      this.add(event);
      if (event.type !== 'end' && --this.reloadAfter === 0) {
        leaving.abort();
        await delay(RELOAD_MS);
        return;
      }
    }
  }

  private add(event: ChatEvent) {
    // What was shown already comes once more where a stream was resumed before it.
    if (event.type !== 'open' && this.last !== undefined && event.n <= this.last) return;
    this.last = event.n;
    if (event.type === 'open') {
      this.id = event.answer;
      // All of it follows.
      this.text = '';
    }
    if (event.type === 'delta') this.text += event.text;
    if (event.type === 'end') this.reason = event.reason;
  }
}

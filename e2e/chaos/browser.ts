// A browser's calls: each with a proof of the browser's key (RFC 9449), as docs/login.mjs makes them.

import { randomUUID, webcrypto } from 'node:crypto';

import { base64url, sha256 } from './provider';
import { type Books } from './tally';

/** How long a person waits for the head of an answer. */
const PATIENCE_MS = 10_000;

/** The call was answered with an error, or not at all. */
export class Refused extends Error {
  constructor(
    /** 0 without an answer. */
    readonly status: number,
    readonly kind: string,
  ) {
    super(`${status} ${kind}`);
  }
}

export interface Options {
  token?: string;
  body?: object;
  /** Ends the reading of a stream. */
  signal?: AbortSignal;
  /** In place of the browsers' address: one replica. */
  at?: string;
}

export class Browser {
  private nonce?: string;

  private constructor(
    private readonly origin: string,
    private readonly books: Books,
    private readonly key: webcrypto.CryptoKey,
    private readonly jwk: object,
    readonly thumbprint: string,
  ) {}

  /** With a key of its own. */
  static async at(origin: string, books: Books): Promise<Browser> {
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const { crv, kty, x, y } = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
    const jwk = { crv, kty, x, y };
    return new Browser(origin, books, pair.privateKey, jwk, sha256(JSON.stringify(jwk)));
  }

  /** The body of a successful answer. */
  async json<T>(method: string, path: string, options: Options = {}): Promise<T> {
    const answer = await this.call(method, path, options);
    return (await answer.json().catch(() => {
      this.refused(method, path, 'connection lost');
      throw new Refused(0, 'connection lost');
    })) as T;
  }

  /** A successful answer, of which at least the head has come. */
  async call(method: string, path: string, options: Options = {}): Promise<Response> {
    let answer = await this.sendAsBrowsersDo(method, path, options);
    if (answer.headers.get('www-authenticate')?.includes('use_dpop_nonce')) {
      await answer.body?.cancel();
      answer = await this.sendAsBrowsersDo(method, path, options);
    }
    if (answer.ok) return answer;
    const body = (await answer.json().catch(() => ({}))) as { data?: { kind?: string } };
    const kind = body.data?.kind ?? 'not an error of the server';
    // The others are no refusals of the service: an access token is too old, a session has ended.
    if (answer.status >= 500 || [409, 429].includes(answer.status)) this.refused(method, path, `${answer.status} ${kind}`);
    throw new Refused(answer.status, kind);
  }

  /** Browsers repeat a request whose connection, kept from an earlier one, was closed before anything came back: so does nginx
   *  close them when its configuration changes. */
  private async sendAsBrowsersDo(method: string, path: string, options: Options): Promise<Response> {
    try {
      return await this.send(method, path, options);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    try {
      return await this.send(method, path, options);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.refused(method, path, 'connection lost');
      throw new Refused(0, 'connection lost');
    }
  }

  private async send(method: string, path: string, options: Options): Promise<Response> {
    const { token, body, signal, at } = options;
    this.books.current.calls++;
    const headers: Record<string, string> = { dpop: await this.proof(method, path, token) };
    if (body) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `DPoP ${token}`;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    const ending = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
    try {
      const url = (at ?? this.origin) + path;
      const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal: ending });
      this.nonce = answer.headers.get('dpop-nonce') ?? this.nonce;
      return answer;
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
      if (!signal?.aborted) this.refused(method, path, 'no answer in time');
      throw new Refused(0, 'no answer in time');
    } finally {
      clearTimeout(timer);
    }
  }

  private refused(method: string, path: string, why: string) {
    this.books.current.refused(`${method} ${path.split('?')[0]} ${why}`);
  }

  /** RFC 9449 §4.2 */
  private async proof(method: string, path: string, token?: string): Promise<string> {
    const claims = {
      jti: randomUUID(),
      htm: method,
      htu: (this.origin + path).split('?')[0],
      iat: Math.floor(Date.now() / 1000),
      ...(this.nonce && { nonce: this.nonce }),
      ...(token && { ath: sha256(token) }),
    };
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk };
    const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await webcrypto.subtle.sign(algorithm, this.key, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }
}

/** The events of a stream. It ends without an error where the connection breaks: only an end event is an end. */
export async function* events<T>(answer: Response): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let unread = '';
  try {
    for await (const bytes of answer.body!) {
      unread += decoder.decode(bytes, { stream: true });
      const lines = unread.split('\n');
      unread = lines.pop()!;
      for (const line of lines) if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as T;
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
  }
}

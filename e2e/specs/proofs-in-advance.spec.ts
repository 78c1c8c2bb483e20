// Proofs that a script signs while it runs in the page, to be used when the page is gone (RFC 9449 §11.2).

import type { APIRequestContext } from '@playwright/test';

import { expect, test } from '../fixtures/test';

interface Stolen {
  method: string;
  path: string;
  token?: string;
  body?: object;
  proof: string;
}

/** How a call is answered that is made with what was stolen, by no browser. */
async function challenge(request: APIRequestContext, { method, path, token, body, proof }: Stolen) {
  const headers: Record<string, string> = { dpop: proof, ...(token ? { authorization: `DPoP ${token}` } : {}) };
  const answer = await request.fetch(path, { method, headers, data: body });
  return /error="([^"]*)"/.exec(answer.headers()['www-authenticate'] ?? '')?.[1] ?? String(answer.status());
}

test.describe('a script', () => {
  test.use({ appSettings: {} });

  test('proofs that one script signed for every minute of the next hour are refused, each of them', async ({
    page, request, user, signIn, wire, clock,
  }) => {
    // T69. Without a nonce at once, with the page's latest when its two minutes are over.
    await user.set({ access_token_ttl: 3600 });
    await signIn();
    const { access_token } = await wire.current();
    const { withoutNonce, withNonce } = await page.evaluate(signForAnHour, access_token);
    await page.close();

    for (const stolen of withoutNonce) expect(await challenge(request, stolen)).toBe('use_dpop_nonce');

    const toChat = withNonce.findIndex(({ path }) => path === '/api/chat');
    const [first] = withNonce.splice(toChat, 1);
    expect(await challenge(request, first), 'the nonce is good so far').not.toBe('use_dpop_nonce');
    await clock.advanceServer({ minutes: 2 });
    expect(withNonce.length).toBeGreaterThan(100);
    for (const stolen of withNonce) expect(await challenge(request, stolen)).toBe('use_dpop_nonce');
    expect(await user.tokenCalls('refresh_token')).toEqual([]);
  });
});

test('a sign-in, questions and a resumed session meet no 401: each answer brings the next nonce', async ({
  page, user, signIn, chat, wire,
}) => {
  // T66
  await signIn();
  await chat.ask('What is an index?');
  await chat.answered('What is an index?');
  await page.reload();
  await chat.isOpen();
  await chat.ask('And a hint?');
  await chat.answered('And a hint?');

  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  const calls = wire.requests.filter((it) => new URL(it.url()).pathname.startsWith('/api/'));
  expect(calls.length).toBeGreaterThan(5);
  for (const call of calls) {
    // Of an open stream, or one that the reload has broken off, there may be no answer.
    expect(call.existingResponse()?.status(), call.url()).not.toBe(401);
  }
});

/** To be run in a page of the app: what script there can take along. */
async function signForAnHour(token: string) {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error!);
    });
  const base64url = (bytes: ArrayBuffer | Uint8Array) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const part = (value: unknown) => base64url(utf8(JSON.stringify(value)));

  const database = await done(indexedDB.open('oracle-ai'));
  const kept = <T>(name: string): Promise<T> =>
    done(database.transaction('browser').objectStore('browser').get(name) as IDBRequest<T>);
  const [pair, session] = [await kept<CryptoKeyPair>('key_pair'), await kept<string>('session')];
  database.close();
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const ath = base64url(await crypto.subtle.digest('SHA-256', utf8(token)));
  const now = Math.floor(Date.now() / 1000);
  const nonce = localStorage.getItem('dpop_nonce');

  const sign = async (more: object, minute: number, call: { method: string; path: string }) => {
    const claims = { jti: crypto.randomUUID(), htm: call.method, htu: `${location.origin}${call.path}`, iat: now + 60 * minute };
    const signed = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } })}.${part({ ...claims, ...more })}`;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const proof = `${signed}.${base64url(await crypto.subtle.sign(algorithm, pair.privateKey, utf8(signed)))}`;
    return { ...call, proof };
  };
  const refresh = { method: 'POST', path: '/api/refresh', body: { session } };
  const chat = { method: 'GET', path: '/api/chat', token };
  const [withoutNonce, withNonce]: [Stolen[], Stolen[]] = [[], []];
  for (let minute = 0; minute < 60; minute += 1) {
    withoutNonce.push(await sign({}, minute, refresh), await sign({ ath }, minute, chat));
    withNonce.push(await sign({ nonce }, minute, refresh), await sign({ nonce, ath }, minute, chat));
  }
  return { withoutNonce, withNonce };
}

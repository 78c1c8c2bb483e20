// The key that takes the place of a cookie: it brings its browser back signed in, and nobody else (RFC 9449).

import { rm } from 'node:fs/promises';

import type { Page } from '@playwright/test';

import { openBlank } from '../fixtures/blank';
import { callWith, judged, proofBy, signedCall, thumbprintOf } from '../fixtures/browser-key';
import { needs } from '../fixtures/engines';
import { expect, mayLog, noAnswer, refuseNextProof, statusError, test as base } from '../fixtures/test';
import { Wire } from '../fixtures/wire';
import { loginPageOf, mockLoginPage } from '../pages/login';
import { chatPage } from '../pages/chat';
import { callbackPage } from '../pages/callback';
import { signedOutPage } from '../pages/signed-out';

const test = base.extend<{
  /** A page in a browser that shares nothing with the first, with a key of its own. */
  stranger: Page;
}>({
  stranger: async ({ browser, identityProvider }, use) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto('/chat');
    await loginPageOf(identityProvider, page).isOpen();
    await openBlank(page);
    await use(page);
    await context.close();
  },
});

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

test.describe('comes back signed in, by one refresh and no page of the provider', { tag: ['@every-provider', '@engines'] }, () => {
  const path = '/chat?topic=awr&depth=2#plan';

  test('a reloaded page', async ({ page, baseURL, user, signIn }) => {
    await signIn(path);
    const wire = new Wire(page);
    await page.reload();
    await chatPage(page).isOpen();
    await expect(page).toHaveURL(path);
    await isResumed(page, wire, baseURL!);
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  });

  test('a page opened after the last one was closed', async ({ page, context, baseURL, user, signIn }) => {
    await signIn();
    await page.close();
    const reopened = await context.newPage();
    const wire = new Wire(reopened);
    await reopened.goto(path);
    await isResumed(reopened, wire, baseURL!);
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  });

  test('a browser that was closed and started again', async ({
    playwright, browserName, channel, launchOptions, baseURL, identityProvider, user,
  }) => {
    const profile = test.info().outputPath('profile');
    const start = () => playwright[browserName].launchPersistentContext(profile, { ...launchOptions, channel, baseURL });
    const before = await start();
    const page = await before.newPage();
    await page.goto('/');
    await loginPageOf(identityProvider, page).signInAs(user.name);
    await chatPage(page).isOpen();
    await before.close();

    const after = await start();
    const reopened = await after.newPage();
    const wire = new Wire(reopened);
    await reopened.goto(path);
    await isResumed(reopened, wire, baseURL!);
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
    await after.close();
    await rm(profile, { recursive: true });
  });
});

test('a reload while the provider is down keeps the session and the place', { tag: '@engines' }, async ({
  page, user, signIn, chat, callback, wire,
}) => {
  mayLog(statusError(503));
  await signIn('/chat?topic=awr');
  await user.set({ refresh_faults: [{ kind: 'unavailable', times: 0 }] });
  await page.reload();
  await callback.says('unreachable');

  await user.set({ refresh_faults: [] });
  await callback.tryAgain.click();
  await chat.isOpen();
  await expect(page).toHaveURL('/chat?topic=awr');
  expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
});

test('a reload after the session ended leads to sign-in, once', async ({ page, user, signIn, login, chat, wire }) => {
  mayLog(statusError(401));
  await signIn();
  await user.revoke();
  await page.reload();
  await login.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
  expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
  expect(await user.tokenCalls('refresh_token')).toEqual(['invalid_grant']);
});

test('the chat, opened again after signing out, starts a new sign-in', async ({ page, signIn, login, chat, wire }) => {
  await signIn();
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto('/chat');
  await login.isOpen();
  expect(wire.calls('POST', '/api/refresh'), 'the session was forgotten').toHaveLength(0);
});

test('signing out without a connection is forgotten by this browser all the same', async ({
  page, signIn, login, chat, wire,
}) => {
  mayLog(noAnswer);
  await signIn();
  await page.route('**/api/logout', (route) => route.abort('internetdisconnected'));
  const failed = page.waitForEvent('requestfailed', (it) => it.url().endsWith('/api/logout'));
  await chat.signOut.click();
  await failed;
  await page.goto('/chat');
  await login.isOpen();
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(0);
});

test('the key ends with its session, and each sign-in after it has another', { tag: '@engines' }, async ({
  page, user, signIn, login, chat,
}) => {
  mayLog(statusError(401));
  // T54
  await signIn();
  const first = await thumbprintOf(page);
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  expect(await thumbprintOf(page), 'signed out').toBeNull();

  await page.goto('/chat');
  await login.signInAs(`${user.name}-other`);
  await chat.isOpen();
  const second = await thumbprintOf(page);
  expect(second, "another person's").not.toBe(first);

  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await signIn('/chat');
  expect(new Set([first, second, await thumbprintOf(page)]).size, 'the same person again').toBe(3);

  const third = await thumbprintOf(page);
  await user.revoke();
  await page.reload();
  await login.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
  expect(new Set([first, second, third, await thumbprintOf(page)]).size, 'after an end from elsewhere').toBe(4);
});

test('a login under way in another tab keeps its key through a sign-out', async ({
  page, context, user, login, chat, identityProvider,
}) => {
  const other = await context.newPage();
  const otherLogin = loginPageOf(identityProvider, other);
  await other.goto('/chat');
  await otherLogin.isOpen();
  await page.goto('/chat');
  await login.signInAs(user.name);
  await chat.isOpen();
  await chat.signOut.click();
  await signedOutPage(page).everywhere();

  await otherLogin.signInAs(user.name);
  await chatPage(other).isOpen();
});

test('two logins that were begun together end in one session, the later one', async ({
  page, context, browserName, user, login, chat, identityProvider, wire,
}) => {
  needs(browserName, 'bodies of requests');
  const other = await context.newPage();
  const otherLogin = loginPageOf(identityProvider, other);
  const theirs = new Wire(other);
  await page.goto('/chat');
  await login.isOpen();
  await other.goto('/chat');
  await otherLogin.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
  const { session } = await wire.current();
  await otherLogin.signInAs(user.name);
  await chatPage(other).isOpen();

  expect(theirs.calls('POST', '/api/token')[0].postDataJSON().previous_session, 'to be ended').toBe(session);
  await chat.isOpen();
  await chat.ask('Still signed in?');
  await chat.answered('Still signed in?');
  const { session: later } = await theirs.current();
  expect(await keptSession(page)).toBe(later);
});

test('the private key can not be exported, in no format', { tag: '@engines' }, async ({ page, signIn }) => {
  // T68
  await signIn();
  const { extractable, refusals } = await page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const database = await done(indexedDB.open('oracle-ai'));
    const { privateKey }: CryptoKeyPair =
      await done(database.transaction('browser').objectStore('browser').get('key_pair'));
    const exported = (format: 'jwk' | 'pkcs8') =>
      crypto.subtle.exportKey(format, privateKey).then(() => 'exported', (error: DOMException) => error.name);
    return { extractable: privateKey.extractable, refusals: [await exported('jwk'), await exported('pkcs8')] };
  });
  expect(extractable).toBe(false);
  expect(refusals).toEqual(['InvalidAccessError', 'InvalidAccessError']);
});

test('a browser whose site data was deleted signs in again, without error or loop', async ({
  page, context, browserName, baseURL, user, signIn, login, chat, wire,
}) => {
  needs(browserName, 'Chrome DevTools');
  await signIn();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin: baseURL!, storageTypes: 'indexeddb' });
  await page.reload();
  await login.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
  await chat.ask('Hello again');
  await chat.answered('Hello again');
  expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
  expect(wire.calls('POST', '/api/refresh'), 'there was nothing to go on with').toHaveLength(0);
});

test('a session whose key is gone is given up for a new sign-in', { tag: '@engines' }, async ({
  page, context, user, signIn, login, chat, wire,
}) => {
  mayLog(statusError(401));
  await signIn();
  const { session } = await wire.current();
  const away = await context.newPage();
  await openBlank(away);
  await away.evaluate(keepNothingBut, session);
  await page.reload();
  await login.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
  expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
  // The first for its nonce, which was the old key's.
  expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 401: 2 });
  expect(await user.tokenCalls('refresh_token')).toEqual([]);
});

test('a session id copied to another browser is worth nothing there, and the session goes on', async ({
  page, user, signIn, chat, wire, stranger,
}) => {
  // T53
  await signIn();
  const { session } = await wire.current();
  // To sign out is answered as for a session that is not there: nothing ends.
  for (const [endpoint, status] of [['/api/refresh', 401], ['/api/logout', 200]] as const) {
    const answer = await signedCall(stranger, 'POST', endpoint, { body: { session } });
    expect(answer.status(), endpoint).toBe(status);
    const without = await stranger.request.post(endpoint, { data: { session } });
    expect(without.status(), `${endpoint} without proof`).toBe(401);
  }
  // The app itself, in the thief's hands.
  const theirs = new Wire(stranger);
  await stranger.evaluate(keepNothingBut, session);
  await stranger.goto('/chat');
  await mockLoginPage(stranger).isOpen();
  // The first for its nonce: the page has made itself another key.
  expect(await theirs.statuses('POST', '/api/refresh')).toEqual({ 401: 2 });
  expect(await user.tokenCalls('refresh_token')).toEqual([]);

  await page.reload();
  await chat.isOpen();
  await chat.ask('Am I still here?');
  await chat.answered('Am I still here?');
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a stolen access token is refused, with another key and as a bearer token', async ({
  page, signIn, wire, stranger,
}) => {
  await signIn();
  const { access_token } = await wire.current();
  expect(await judged(page, access_token)).toBe('taken');
  expect(await judged(stranger, access_token)).toBe('invalid_token');
  const bearer = await stranger.request.get('/api/chat', { headers: { authorization: `Bearer ${access_token}` } });
  expect(bearer.status()).toBe(401);
});

test('a proof is valid once, and for one method, one endpoint and one token', { tag: '@engines' }, async ({
  page, signIn, wire,
}) => {
  // T65 T69
  await signIn();
  const { access_token: token, session } = await wire.current();
  const status = async (proof: string, method: string, path: string, more: object) =>
    (await callWith(proof, page, method, path, more)).status();

  const proof = await proofBy(page, 'GET', '/api/chat', token);
  expect(await status(proof, 'GET', '/api/chat', { token })).toBe(200);
  expect(await status(proof, 'GET', '/api/chat', { token }), 'replayed').toBe(401);
  const body = { session };
  const forRefresh = () => proofBy(page, 'POST', '/api/refresh');
  expect(await status(await forRefresh(), 'POST', '/api/logout', { body }), 'another endpoint').toBe(401);
  const get = await proofBy(page, 'GET', '/api/refresh');
  expect(await status(get, 'POST', '/api/refresh', { body }), 'another method').toBe(401);
  const unbound = await proofBy(page, 'GET', '/api/chat');
  expect(await status(unbound, 'GET', '/api/chat', { token }), 'no ath').toBe(401);
  const another = await proofBy(page, 'GET', '/api/chat', 'another-token');
  expect(await status(another, 'GET', '/api/chat', { token }), 'another token').toBe(401);
  expect(await status(await forRefresh(), 'POST', '/api/refresh', { body }), 'the session is unharmed').toBe(200);
});

test('a callback link carried to another browser is not followed, and its code not used', async ({
  page, user, login, stranger,
}) => {
  mayLog(noAnswer);
  // T06
  const link = page.waitForRequest((it) => it.url().includes('/auth/callback?'));
  await page.route('**/api/token', (route) => route.abort());
  await page.goto('/');
  await login.signInAs(user.name);
  await stranger.goto((await link).url());
  await callbackPage(stranger).says('linkNotValid');
  expect(await user.tokenCalls('authorization_code')).toEqual([]);
});

test('a login can not be begun without naming a key, nor without a proof by it', async ({ request }) => {
  for (const query of ['', '?dpop_jkt=', '?dpop_jkt=short']) {
    expect((await request.get(`/api/authorize${query}`)).status(), query).toBe(400);
  }
  expect((await request.get(`/api/authorize?dpop_jkt=${'A'.repeat(43)}`)).status()).toBe(401);
});

const hour = 3_600_000;

for (const { clock, offset } of [
  { clock: 'three hours fast', offset: () => 3 * hour },
  { clock: 'three hours slow', offset: () => -3 * hour },
  { clock: 'in 1970', offset: () => hour - Date.now() },
]) {
  test(`a clock that is ${clock} does no harm`, async ({ page, user, signIn, chat, wire }) => {
    mayLog(statusError(401));
    await page.addInitScript((offset) => {
      const now = Date.now;
      Date.now = () => now() + offset;
    }, offset());
    await signIn();
    await chat.ask('What time is it?');
    await chat.answered('What time is it?');
    await page.reload();
    await chat.isOpen();
    await chat.ask('And now?');
    await chat.answered('And now?');

    expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
    // T66, RFC 9449 §8: the browser is refused once for its time, and has the server's nonce from then on.
    expect(await wire.statuses('GET', '/api/authorize')).toEqual({ 200: 1, 401: 1 });
    expect(await wire.statuses('POST', '/api/token')).toEqual({ 200: 1 });
    expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 200: 1 });
    expect(await wire.statuses('POST', '/api/chat')).toEqual({ 200: 2 });
  });
}

test('a proof that is refused, as one that a proxy sent twice, is made anew, once', async ({
  page, signIn, chat, wire,
}) => {
  // T65
  await refuseNextProof(page, '/api/token');
  await signIn();
  await refuseNextProof(page, '/api/chat');
  await chat.ask('Twice?');
  await chat.answered('Twice?');
  await refuseNextProof(page, '/api/refresh');
  await page.reload();
  await chat.isOpen();

  for (const path of ['/api/token', '/api/chat', '/api/refresh']) {
    expect(await wire.statuses('POST', path), path).toEqual({ 200: 1, 401: 1 });
    const proofs = wire.calls('POST', path).map((request) => request.headers().dpop);
    expect(new Set(proofs).size, path).toBe(2);
  }
});

/** The chat is open and answers, and all it took was one refresh. */
async function isResumed(page: Page, wire: Wire, origin: string) {
  const chat = chatPage(page);
  await chat.isOpen();
  await chat.ask('Do you know me?');
  await chat.answered('Do you know me?');
  expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 200: 1 });
  expect(wire.calls('GET', '/api/authorize')).toEqual([]);
  expect(wire.pagesOutside(origin)).toEqual([]);
}

/** The session that this browser goes on with. */
function keptSession(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const database = await done(indexedDB.open('oracle-ai'));
    const session = await done(database.transaction('browser').objectStore('browser').get('session'));
    database.close();
    return session;
  });
}

/** To be run in a page: of what the app keeps, only this session is left. */
async function keepNothingBut(session: string) {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error!);
    });
  const database = await done(indexedDB.open('oracle-ai'));
  const store = database.transaction('browser', 'readwrite').objectStore('browser');
  await done(store.clear());
  await done(store.put(session, 'session'));
  database.close();
}

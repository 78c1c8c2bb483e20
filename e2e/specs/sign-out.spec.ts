// A sign-out is done when the server has said so, and not before (T54, T75).

import type { Page } from '@playwright/test';

import { holdKey, sessionLives, thumbprintOf } from '../fixtures/browser-key';
import { everythingKept } from '../fixtures/kept';
import { expect, mayLog, noAnswer, statusError, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { signedOutPage } from '../pages/signed-out';

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

const unavailable = { status: 503, json: { code: 503, message: 'unavailable', data: { kind: 'unavailable' } } };
const tooMany = {
  status: 429, json: { code: 429, message: 'too many', data: { kind: 'too_many_requests', retry_after: 1 } },
};
const refusedProof = {
  status: 401,
  headers: { 'www-authenticate': 'DPoP error="invalid_dpop_proof", algs="ES256"' },
  json: { code: 401, message: 'a proof is needed', data: { kind: 'invalid_proof' } },
};

for (const { what, answer } of [
  { what: 'no answer', answer: undefined },
  { what: 'an answer 503', answer: unavailable },
  { what: 'an answer 429', answer: tooMany },
  { what: 'a refused proof', answer: refusedProof },
]) {
  test(`a sign-out that gets ${what} is not called done, and is repeated until it is`, async ({
    page, signIn, chat, wire,
  }) => {
    mayLog(noAnswer, statusError(401), statusError(429), statusError(503));
    // The page dropped the session id, asked once, and said that the session was over, which it was not.
    await signIn();
    const { session } = await wire.current();
    await holdKey(page);
    await page.route('**/api/logout', (route) => answer ? route.fulfill(answer) : route.abort('internetdisconnected'));
    const signedOut = signedOutPage(page);
    await chat.signOut.click();
    await signedOut.unconfirmed();
    expect(await sessionLives(page, session)).toBe(true);

    await page.unroute('**/api/logout');
    // Back at the provider's own sign-out, as the page that signed out is still here.
    await signedOut.everywhere();
    expect(await sessionLives(page, session)).toBe(false);
    expect((await everythingKept(page)).databases).not.toContain(session);
  });
}

test('a sign-out that the page was closed in the middle of is finished by the next page', { tag: '@engines' }, async ({
  page, context, signIn, chat, wire,
}) => {
  mayLog(noAnswer);
  await signIn();
  const { session } = await wire.current();
  await holdKey(page);
  await context.route('**/api/logout', (route) => route.abort('internetdisconnected'));
  await chat.signOut.click();
  await page.close();

  const next = await context.newPage();
  await next.goto('/signed-out');
  await signedOutPage(next).unconfirmed();
  await context.unroute('**/api/logout');
  await next.reload();
  await signedOutPage(next).here();
  expect(await sessionLives(next, session)).toBe(false);
  expect(await thumbprintOf(next)).toBeNull();
});

test('the request of a sign-out outlives its page', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  mayLog(noAnswer);
  await page.addInitScript(() => {
    const fetch = window.fetch.bind(window);
    window.fetch = (url, init) => {
      // Its page is left a moment later.
      if (url === '/api/logout') sessionStorage.setItem('keepalive', String(init?.keepalive));
      return fetch(url, init);
    };
  });
  await page.route('**/api/logout', (route) => route.abort('internetdisconnected'));
  await signIn();
  await chat.signOut.click();
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('keepalive'))).toBe('true');
});

test('a sign-in before the server was reached works, and the old session is ended in its background', async ({
  page, user, signIn, login, chat, wire,
}) => {
  mayLog(statusError(401), statusError(503));
  // T54
  await signIn();
  const { session } = await wire.current();
  const key = await thumbprintOf(page);
  await holdKey(page);
  await page.route('**/api/logout', (route) => route.fulfill(unavailable));
  await chat.signOut.click();
  const signedOut = signedOutPage(page);
  await signedOut.unconfirmed();
  await signedOut.signIn.click();
  await login.signInAs(`${user.name}-other`);
  await chat.isOpen();
  expect(await thumbprintOf(page)).not.toBe(key);
  expect(await sessionLives(page, session)).toBe(true);

  await page.unroute('**/api/logout');
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await expect.poll(async () => (await everythingKept(page)).databases).not.toContain(session);
  expect(await sessionLives(page, session)).toBe(false);
  await chat.ask('Am I disturbed?');
  await chat.answered('Am I disturbed?');
});

test('another tab repeats a sign-out whose own tab is gone', async ({ page, context, signIn, chat, wire }) => {
  mayLog(noAnswer);
  await signIn();
  const { session } = await wire.current();
  await holdKey(page);
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).isOpen();
  await page.route('**/api/logout', (route) => route.abort('internetdisconnected'));
  await chat.signOut.click();
  await signedOutPage(page).unconfirmed();
  await page.close();
  await signedOutPage(other).here();
  expect(await sessionLives(other, session)).toBe(false);
});

test('the page for those who signed out is honest with somebody who has not', async ({ page, signIn, chat }) => {
  await signIn();
  await page.goto('/signed-out');
  await expect(page.getByRole('heading', { name: 'You are still signed in here' })).toBeVisible();
  await page.getByRole('link', { name: 'Go to the chat' }).click();
  await chat.isOpen();
});

const typed = 'a thought that is nobody else\'s';

test('signing out leaves neither token nor session nor what was typed in the browser', { tag: '@engines' }, async ({
  page, signIn, chat, wire,
}) => {
  // T108
  await signIn();
  const { access_token, session } = await wire.current();
  await typesAndWaits(page);
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto('/signed-out');
  await signedOutPage(page).here();
  const kept = await everythingKept(page);
  for (const [place, content] of Object.entries(kept)) {
    for (const secret of [access_token, session, typed]) expect(content, place).not.toContain(secret);
  }
  expect(JSON.parse(kept['session storage'])).toEqual({});
  expect(JSON.parse(kept.databases), 'nor a key').toEqual([[]]);
});

for (const next of ['the same person', 'somebody else'] as const) {
  test(`an end from elsewhere leaves what was typed for ${next === 'somebody else' ? 'nobody, not for ' : ''}${next}`, async ({
    page, user, signIn, login, chat, wire,
  }) => {
    // T108
    await signIn();
    const { access_token, session } = await wire.current();
    await typesAndWaits(page);
    await user.logOutAtProvider();
    await login.isOpen();
    const atProvider = page.url();

    // The same tab, in front of somebody who looks into its storage.
    await page.goto('/signed-out');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const kept = await everythingKept(page);
    for (const [place, content] of Object.entries(kept)) {
      for (const secret of [access_token, session, typed]) expect(content, place).not.toContain(secret);
    }
    expect(kept['session storage'], 'encrypted').toContain('oracle-ai.draft');

    await page.goto(atProvider);
    await login.signInAs(next === 'somebody else' ? `${user.name}-other` : user.name);
    await chat.isOpen();
    if (next === 'the same person') {
      await expect(chat.message).toHaveValue(typed);
    } else {
      await expect.poll(async () => (await everythingKept(page))['session storage']).not.toContain('oracle-ai.draft');
      await expect(chat.message).toHaveValue('');
    }
  });
}

async function typesAndWaits(page: Page) {
  await chatPage(page).message.fill(typed);
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.draft'))).not.toBeNull();
}

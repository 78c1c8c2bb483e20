import type { Page } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { holdKey, judged, signedCall } from '../fixtures/browser-key';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { signedOutPage } from '../pages/signed-out';

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

const draft = 'Why is this plan slow?\nIt was fast yesterday.';

test('a refused refresh leads to sign-in, and the message is sent automatically, once', { tag: '@every-provider' }, async ({
  asleep, page, browserName, user, signIn, untilTokenExpires, login, chat, wire,
}) => {
  needs(browserName, 'bodies of requests');
  mayLog(statusError(401), statusError(404));
  await user.set({ access_token_ttl: 4 });
  await signIn('/chat?topic=plans');
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });
  await user.revoke();

  await chat.ask(draft);
  await login.isOpen();
  await login.signInAs(user.name);

  await chat.isOpen();
  await expect(page).toHaveURL(/\/c\/[\w-]+$/);
  await chat.answered('fast yesterday');
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.message).toHaveValue('');
  expect(await user.tokenCalls('refresh_token')).toEqual(['invalid_grant']);
  const keys = wire.calls('POST', '/api/chat').map((request) => request.postDataJSON().idempotency_key);
  expect(new Set(keys).size, 'one message, however often it is sent').toBe(1);
});

test('a session that ends while a person types keeps what they typed', async ({
  page, user, signIn, login, chat,
}) => {
  mayLog(statusError(401), statusError(404));
  await page.clock.install();
  await signIn();
  await chat.message.fill(draft);
  await user.revoke();
  await page.clock.fastForward('05:00');
  await expect(chat.message, 'nobody is thrown out while they type').toHaveValue(draft);
  await page.keyboard.press('Enter');

  await login.isOpen();
  await login.signInAs(user.name);
  await expect(chat.questions).toContainText('fast yesterday');
});

test('a draft is given back once, and to nobody else', async ({ page, user, signIn, login, chat }) => {
  mayLog(statusError(401), statusError(404));
  await page.clock.install();
  await signIn();
  await chat.message.fill(draft);
  await user.revoke();
  await page.clock.fastForward('05:00');
  // By the keyboard: the page may leave for the provider before a press at the field is confirmed.
  await page.keyboard.press('Enter');
  await login.isOpen();
  await login.signInAs(`${user.name}-other`);

  await chat.isOpen();
  await expect(chat.message).toHaveValue('');
});

test('signing out ends on a page of its own, and signs nobody in again', async ({
  page, user, signIn, login, chat, wire,
}) => {
  await signIn();
  const { access_token, session } = await wire.current();
  await holdKey(page);
  const signedOut = signedOutPage(page);
  await chat.signOut.click();
  await signedOut.everywhere();

  await page.reload();
  await signedOut.here();
  expect(wire.calls('GET', '/api/authorize'), 'only the first sign-in').toHaveLength(1);

  expect(await judged(page, access_token), 'the token died with the session').toBe('invalid_token');
  const refresh = await signedCall(page, 'POST', '/api/refresh', { body: { session } });
  expect([refresh.status(), (await refresh.json()).data.kind]).toEqual([401, 'session_ended']);
  await expect(await signedCall(page, 'POST', '/api/logout', { body: { session } }), 'twice is success').toBeOK();

  await signedOut.signIn.click();
  await login.signInAs(user.name);
  await chat.isOpen();
});

test('signing out leaves nothing of what was typed, in no tab', { tag: '@engines' }, async ({
  page, context, signIn, chat,
}) => {
  await signIn();
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).message.fill(draft);
  await chat.message.fill(draft);
  const kept = (page: Page) => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  for (const tab of [page, other]) {
    await expect.poll(() => kept(tab)).toContain('oracle-ai.draft');
    expect(await kept(tab), 'it is encrypted').not.toContain('It was fast');
  }

  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  for (const tab of [page, other]) {
    await expect(tab).toHaveURL('/signed-out');
    expect(await kept(tab)).not.toContain('oracle-ai.draft');
  }
});

test('signing out at the certified provider and in again', { tag: '@certified' }, async ({
  page, user, signIn, chat, login,
}) => {
  // T76
  const signedOut = signedOutPage(page);
  await signIn();
  await chat.signOut.click();
  await login.confirmSignOut();
  await signedOut.everywhere();
  await signedOut.signIn.click();
  await login.isOpen();
  await login.signInAs(user.name);
  await chat.isOpen();
});

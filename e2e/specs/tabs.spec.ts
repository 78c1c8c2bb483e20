// Several tabs of one browser: one session, one refresh at a time (T46), one end (T57).

import type { Page } from '@playwright/test';

import { expect, mayLog, refuseNextMessage, statusError, test as base } from '../fixtures/test';
import { Wire } from '../fixtures/wire';
import { chatPage, type ChatPage } from '../pages/chat';

interface Tab {
  page: Page;
  chat: ChatPage;
  wire: Wire;
}

const test = base.extend<{
  /** Opens one more tab of the browser that `page` is in; it has to be signed in by now. */
  openTab: (path?: string) => Promise<Tab>;
}>({
  openTab: ({ context }, use) =>
    use(async (path = '/chat') => {
      const page = await context.newPage();
      const tab = { page, chat: chatPage(page), wire: new Wire(page) };
      await page.goto(path);
      await tab.chat.isOpen();
      return tab;
    }),
});

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

test('a second tab opens with the token of the first, and no refresh at all', { tag: ['@every-provider', '@engines'] }, async ({
  baseURL, user, signIn, openTab, chat,
}) => {
  // T46
  await signIn();
  const tab = await openTab('/chat?topic=awr&depth=2#plan');
  await expect(tab.page).toHaveURL('/chat?topic=awr&depth=2#plan');
  await tab.chat.ask('Do you know me?');
  await tab.chat.answered('Do you know me?');
  await chat.ask('And the first tab?');
  await chat.answered('And the first tab?');

  expect(tab.wire.calls('POST', '/api/refresh')).toEqual([]);
  expect(tab.wire.calls('GET', '/api/authorize')).toEqual([]);
  expect(tab.wire.pagesOutside(baseURL!)).toEqual([]);
  expect(await user.tokenCalls('refresh_token')).toEqual([]);
});

test('three tabs that need a new token at once make one refresh between them', { tag: ['@every-provider', '@engines'] }, async ({
  page, user, signIn, openTab, chat, wire,
}) => {
  // T46
  await signIn();
  const tabs = [{ page, chat, wire }, await openTab(), await openTab()];
  await user.set({ refresh_faults: [{ kind: 'slow', ms: 500 }] });
  for (const tab of tabs) await refuseNextMessage(tab.page);
  await Promise.all(tabs.map((tab) => tab.chat.ask('Still there?')));
  for (const tab of tabs) await tab.chat.answered('Still there?');

  expect(tabs.flatMap((tab) => tab.wire.calls('POST', '/api/refresh'))).toHaveLength(1);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a new token of one tab is used by the others', { tag: '@engines' }, async ({ page, signIn, openTab, chat, wire }) => {
  await signIn();
  const other = await openTab();
  await refuseNextMessage(page);
  await chat.ask('Hello');
  await chat.answered('Hello');
  const { access_token } = await wire.current();

  await other.chat.ask('And here?');
  await other.chat.answered('And here?');
  const [message] = other.wire.calls('POST', '/api/chat');
  expect(await message.headerValue('authorization')).toBe(`DPoP ${access_token}`);
});

test('a tab that is closed in the middle of its refresh leaves the way free', { tag: '@engines' }, async ({
  page, signIn, openTab, chat,
}) => {
  await signIn();
  const other = await openTab();
  await page.route('**/api/refresh', () => {
    // Never answered.
  });
  for (const tab of [page, other.page]) await refuseNextMessage(tab);
  const asked = page.waitForRequest('**/api/refresh');
  await chat.ask('Hello');
  await asked;
  await other.chat.ask('And here?');
  await expect.poll(() => waitingForTheLock(other.page)).toBe(1);
  expect(other.wire.calls('POST', '/api/refresh'), 'it waits for its turn').toEqual([]);

  await page.close();
  await other.chat.answered('And here?');
  expect(await other.wire.statuses('POST', '/api/refresh')).toEqual({ 200: 1 });
});

test('a refresh that hangs is given up, and blocks no other tab', async ({ page, signIn, openTab, chat }) => {
  await page.clock.install();
  await signIn();
  const other = await openTab();
  await page.route('**/api/refresh', () => {
    // Never answered.
  });
  for (const tab of [page, other.page]) await refuseNextMessage(tab);
  const asked = page.waitForRequest('**/api/refresh');
  await chat.ask('Hello');
  await asked;
  await other.chat.ask('And here?');
  await expect.poll(() => waitingForTheLock(other.page)).toBe(1);

  await page.clock.fastForward(31_000);
  await expect(chat.failure).toContainText('The connection was lost');
  await other.chat.answered('And here?');
});

test('a browser without Web Locks signs in, refreshes and opens tabs all the same', { tag: '@engines' }, async ({
  page, context, user, signIn, openTab, chat,
}) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  await signIn();
  await refuseNextMessage(page);
  await chat.ask('Still there?');
  await chat.answered('Still there?');
  const other = await openTab();
  await other.chat.ask('And here?');
  await other.chat.answered('And here?');
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('what no tab of ours can have said changes nothing', async ({ signIn, openTab, chat, wire }) => {
  // T57
  await signIn();
  const { session, access_token } = await wire.current();
  const other = await openTab();
  await other.page.evaluate((session) => {
    const channel = new BroadcastChannel('oracle-ai');
    const user = { iss: 'https://elsewhere.example', sub: 'mallory' };
    const answer = {
      access_token: 'stolen', token_type: 'DPoP', expires_in: 999_999, user,
      idle_timeout: 999_999, session_expires_in: 999_999, draft_key: 'AAAA',
    };
    for (const message of [
      7,
      { signed_out: { session, ended_by: 'person' } },
      'signed_out',
      JSON.stringify({ sold_out: { session, ended_by: 'person' } }),
      JSON.stringify({ signed_out: {} }),
      JSON.stringify({ signed_out: { session, ended_by: 'mallory' } }),
      JSON.stringify({ signed_out: { session: 'another', ended_by: 'person' } }),
      JSON.stringify({ session_ended: { session: 'another' } }),
      JSON.stringify({ refreshed: { session: 'another', answer } }),
      JSON.stringify({ refreshed: { session, answer: { ...answer, expires_in: -1 } } }),
      JSON.stringify({ refreshed: { session, answer: { ...answer, expires_in: '999999' } } }),
      JSON.stringify({ refreshed: { session, answer: { ...answer, user: 'mallory' } } }),
      JSON.stringify({ refreshed: { session, answer, more: true } }),
    ]) {
      channel.postMessage(message);
    }
  }, session);

  for (const tab of [{ chat, wire }, other]) {
    await tab.chat.ask('Still me?');
    await tab.chat.answered('Still me?');
    const [message] = tab.wire.calls('POST', '/api/chat');
    expect(await message.headerValue('authorization')).toBe(`DPoP ${access_token}`);
  }
});

test('signing out in one tab ends the session in the others', { tag: '@engines' }, async ({
  signIn, openTab, chat,
}) => { // T57
  await signIn();
  const other = await openTab();
  await chat.signOut.click();
  await expect(other.page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await expect(other.page).toHaveURL('/signed-out');
});

test('a session that ends in one tab ends in the others', { tag: '@engines' }, async ({
  page, user, signIn, openTab, chat, login,
}) => {
  mayLog(statusError(401));
  await signIn();
  const other = await openTab();
  await user.revoke();
  await refuseNextMessage(page);
  await chat.ask('Are you there?');
  await login.isOpen();
  await expect(other.chat.message).toBeHidden();
});

test('a session whose end is reported twice ends quietly where storage is slow', async ({
  page, user, signIn, chat, login,
}) => {
  mayLog(statusError(401));
  await signIn();
  await page.evaluate(() => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with each store as `this`
    const { get } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.get = function (key) {
      // Answered one after the other: what is asked last waits for them all.
      for (let ahead = 0; ahead < 5_000; ahead += 1) get.call(this, key);
      return get.call(this, key);
    };
  });
  await user.revoke();
  await refuseNextMessage(page);
  // Reported by the answer to its refresh, and by the server's events.
  await chat.ask('Are you there?');
  await login.isOpen();
});

test('a page that signs in automatically three times in a minute stops and says why', async ({ page, login }) => {
  for (let time = 0; time < 3; time += 1) {
    await page.goto('/chat');
    await login.isOpen();
  }
  await page.goto('/chat');
  await expect(page.getByRole('heading', { name: 'Signing in does not last' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('tried several times within a minute, and ended each time');

  await page.getByRole('button', { name: 'Try again' }).click();
  await login.isOpen();
});

/** How many tabs wait for the one that refreshes. */
function waitingForTheLock(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.filter(({ name }) => name === 'oracle-ai.refresh').length;
  });
}

// What Firefox's own settings change, tried with a Firefox that has them.

import type { Page } from '@playwright/test';

import { expect, test as base } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { mockLoginPage } from '../pages/login';

const test = base.extend<{
  /** A page of a Firefox with these settings. */
  pageWith: (prefs: Record<string, boolean | number>) => Promise<Page>;
}>({
  pageWith: async ({ playwright, launchOptions, channel, baseURL }, use) => {
    const started: { close(): Promise<void> }[] = [];
    await use(async (firefoxUserPrefs) => {
      const browser = await playwright.firefox.launch({ ...launchOptions, channel, firefoxUserPrefs });
      started.push(browser);
      const context = await browser.newContext({ baseURL });
      return context.newPage();
    });
    await Promise.all(started.map((browser) => browser.close()));
  },
});

test('a private window signs in, chats, and comes back signed in after a reload', { tag: '@engines' }, async ({
  pageWith, user,
}) => {
  const page = await pageWith({ 'browser.privatebrowsing.autostart': true });
  const chat = chatPage(page);
  await page.goto('/chat');
  await mockLoginPage(page).signInAs(user.name);
  await chat.isOpen();
  await page.reload();
  await chat.isOpen();
  await chat.ask('In private?');
  await chat.answered('In private?');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

for (const { what, prefs, heading } of [
  {
    what: 'WebAssembly is off',
    prefs: { 'javascript.options.wasm': false },
    heading: 'This browser does not run WebAssembly',
  },
  {
    what: 'all cookies are blocked',
    prefs: { 'network.cookie.cookieBehavior': 2 },
    heading: 'This browser keeps nothing for this page',
  },
]) {
  test(`where ${what}, the page says so`, { tag: '@engines' }, async ({ pageWith }) => {
    // T98
    const page = await pageWith(prefs);
    await page.goto('/chat');
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  });
}

// A laptop that slept, a tab that nobody looked at, a clock that somebody set.

import type { Page } from '@playwright/test';

import { expect, mayLog, statusError, test as base } from '../fixtures/test';

declare global {
  interface Window {
    /** Milliseconds that each clock is ahead of the true one. */
    ahead: { wall: number; monotonic: number };
    hidden: boolean;
  }
}

const test = base.extend<{
  /** Clocks and visibility that a test can change from outside. */
  movable: void;
}>({
  movable: [async ({ page }, use) => {
    await page.addInitScript(() => {
      window.ahead = { wall: 0, monotonic: 0 };
      window.hidden = false;
      const { now } = Date;
      Date.now = () => now() + window.ahead.wall;
      const monotonic = performance.now.bind(performance);
      performance.now = () => monotonic() + window.ahead.monotonic;
      Object.defineProperty(Document.prototype, 'visibilityState', {
        get: () => (window.hidden ? 'hidden' : 'visible'),
      });
    });
    await use();
  }, { auto: true }],
});

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

const minute = 60_000;

for (const { event, target } of [
  { event: 'visibilitychange', target: 'document' },
  { event: 'resume', target: 'document' },
  { event: 'pageshow', target: 'window' },
  { event: 'online', target: 'window' },
] as const) {
  test(`a page woken by ${event} near its token's end renews it before anybody asks`, async ({
    page, user, signIn, chat, wire,
  }) => {
    await signIn();
    // The monotonic clock stood still, as it does in a sleep of Linux and macOS.
    await moves(page, { wall: 4.5 * minute });
    await page.evaluate(
      ([event, target]) => (target === 'window' ? window : document).dispatchEvent(new Event(event)),
      [event, target] as const,
    );
    await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);

    await chat.ask('Good morning');
    await chat.answered('Good morning');
    expect(await wire.statuses('POST', '/api/chat'), 'no message meets a 401').toEqual({ 200: 1 });
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  });
}

test('a message after a sleep past the end of the token is answered, with one refresh', async ({
  page, user, signIn, chat, wire,
}) => {
  await signIn();
  await moves(page, { wall: 60 * minute });
  await chat.ask('Good morning');
  await chat.answered('Good morning');
  expect(await wire.statuses('POST', '/api/chat')).toEqual({ 200: 1 });
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a page in the background renews nothing until somebody looks at it', async ({ page, user, signIn, wire }) => {
  await signIn();
  await page.evaluate(() => (window.hidden = true));
  await moves(page, { wall: 4.5 * minute, monotonic: 4.5 * minute });
  await wakes(page);
  // What follows is sent after a refresh would have been.
  await page.evaluate(() => fetch('/livez'));
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);

  await page.evaluate(() => (window.hidden = false));
  await wakes(page);
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a page looked at again while its token is young renews nothing', async ({ page, signIn, chat, wire }) => {
  await signIn();
  for (let time = 0; time < 5; time += 1) await wakes(page);
  await chat.ask('Hello');
  await chat.answered('Hello');
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);
});

test('a clock set back makes no token last longer', async ({ page, user, signIn }) => {
  await signIn();
  await moves(page, { wall: -60 * minute, monotonic: 4.5 * minute });
  await wakes(page);
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a clock set forward by an hour costs one refresh and nothing else', async ({ page, user, signIn, chat }) => {
  // By more than a person may do nothing, it is a sleep for all that the page knows: see inactivity.spec.
  await signIn();
  await moves(page, { wall: 60 * minute });
  await wakes(page);
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
  for (let time = 0; time < 3; time += 1) await wakes(page);
  await chat.ask('What day is it?');
  await chat.answered('What day is it?');
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a laptop that slept past the end of its session is signed out when it wakes, and renews nothing', async ({
  page, user, signIn, chat, wire,
}) => {
  await signIn();
  await chat.message.fill('Half a thought');
  const draft = () => page.evaluate(() => sessionStorage.getItem('oracle-ai.draft'));
  await expect.poll(draft).not.toBeNull();
  await moves(page, { wall: 24 * 60 * minute });
  await wakes(page);
  await expect(page).toHaveURL('/signed-out');
  await expect(page.getByText('signed out because of')).toBeVisible();
  expect(await user.tokenCalls('refresh_token')).toEqual([]);
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);
  expect(await draft(), 'what was typed waits for the same person').not.toBeNull();
});

async function moves(page: Page, ahead: { wall?: number; monotonic?: number }) {
  await page.evaluate((ahead) => Object.assign(window.ahead, ahead), ahead);
}

async function wakes(page: Page) {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

// The server's clock is moved, so that what takes a working day is tested in seconds.

import type { Request } from '@playwright/test';

import { openBlank } from '../fixtures/blank';
import { holdKey, sessionLives } from '../fixtures/browser-key';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { signedOutPage } from '../pages/signed-out';

test.use({ appSettings: { SESSION_IDLE_TIMEOUT: '28800', SESSION_LIFETIME: '43200' } });

// What the page sends after the end is refused.
test.beforeEach(() => mayLog(statusError(401)));

test('after eight hours without input the session is over at the server, with or without a page', async ({
  page, signIn, wire, clock,
}) => {
  // T47
  await signIn();
  const { session } = await wire.current();
  await holdKey(page);
  // Without the app, which would notice the end and begin a sign-in.
  await openBlank(page);
  expect(await sessionLives(page, session), 'which counts as input').toBe(true);
  await clock.advanceServer({ hours: 8 });
  expect(await sessionLives(page, session)).toBe(false);
});

test('input every three hours keeps a session for its lifetime, and no longer', async ({
  page, signIn, chat, clock,
}) => {
  // T47
  await signIn();
  for (const hours of [3, 3, 3]) {
    await clock.advance({ hours });
    // A refresh by a timer does not count as input.
    const informed = page.waitForResponse((response) => response.ok() && idleSecondsOf(response.request()) < 60);
    await chat.message.press('a');
    await informed;
    await chat.isOpen();
  }
  await clock.advance({ hours: 3 });
  await signedOutPage(page).because('a session lasts only so long');
});

/** How long ago the last input was, as the page says with a refresh. */
const idleSecondsOf = (request: Request): number =>
  request.url().endsWith('/api/refresh') ? (request.postDataJSON() as { idle_seconds: number }).idle_seconds : Infinity;

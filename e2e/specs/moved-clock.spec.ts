// The server's clock is moved, so that what takes a working day is tested in seconds.

import { holdKey, sessionLives } from '../fixtures/browser-key';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { signedOutPage } from '../pages/signed-out';

test.use({ appSettings: { SESSION_IDLE_TIMEOUT: '28800', SESSION_LIFETIME: '43200' } });

// What the page sends after the end is refused.
test.beforeEach(() => mayLog(statusError(401)));

test('after eight hours without input the session is over at the server, and then in the page', async ({
  page, signIn, wire, clock,
}) => {
  // T47
  await signIn();
  const { session } = await wire.current();
  await holdKey(page);
  expect(await sessionLives(page, session), 'which counts as input').toBe(true);
  await clock.advanceServer({ hours: 8 });
  expect(await sessionLives(page, session)).toBe(false);

  await page.clock.fastForward('08:00:00');
  await signedOutPage(page).because('inactivity');
});

test('input every three hours keeps a session for its lifetime, and no longer', async ({
  page, signIn, chat, clock, wire,
}) => {
  // T47
  await signIn();
  const refreshes = () => wire.calls('POST', '/api/refresh').length;
  for (const hours of [3, 3, 3]) {
    const before = refreshes();
    await clock.advance({ hours });
    await chat.message.press('a');
    await expect.poll(refreshes, 'the server learns of the input').toBeGreaterThan(before);
    await chat.isOpen();
  }
  await clock.advance({ hours: 3 });
  await signedOutPage(page).because('a session lasts only so long');
});

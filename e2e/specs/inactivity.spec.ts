// A session ends when nobody has done anything for a while, or when it has lasted long enough: the person is warned, and
// may stay (WCAG 2.2, success criterion 2.2.1). In these tests ten minutes without input are allowed.

import type { BrowserContext } from '@playwright/test';

import { expectAccessible } from '../fixtures/axe';
import { holdKey, sessionLives } from '../fixtures/browser-key';
import { needs } from '../fixtures/engines';
import { expect, mayLog, statusError, test as base } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { sessionWarning, type SessionWarning } from '../pages/session-warning';
import { signedOutPage, type SignedOutPage } from '../pages/signed-out';

interface Limits {
  idle_timeout: number;
  session_expires_in: number;
}

const test = base.extend<{ warning: SessionWarning; signedOut: SignedOutPage }>({
  warning: ({ page }, use) => use(sessionWarning(page)),
  signedOut: ({ page }, use) => use(signedOutPage(page)),
});

test.beforeEach(async ({ page, context, browserName }) => {
  // `limit` passes requests on.
  needs(browserName, 'bodies of requests');
  // A page whose session or token has ended may have a request under way, which is then refused.
  mayLog(statusError(401));
  await page.clock.install();
  await limit(context, { idle_timeout: 600, session_expires_in: 36_000 });
});

test('two minutes before the end by inactivity the person is warned, and stays with one key', async ({
  page, signIn, chat, warning, wire,
}) => {
  await signIn();
  await chat.message.focus();
  await page.clock.fastForward('07:25');
  await expect(warning.dialog).toBeHidden();
  await page.clock.fastForward('00:40');
  await expect(warning.endsIn('2 minutes')).toBeVisible();
  await expect(warning.stay).toBeFocused();
  await expectAccessible(page, 'warning');
  await page.clock.fastForward('01:05');
  await expect(warning.dialog).toContainText(/It ends in (1 minute|\d+ seconds)\./);

  const idleSeconds = () => wire.calls('POST', '/api/refresh').map((request) => request.postDataJSON().idle_seconds);
  expect(Math.max(...idleSeconds()), 'a refresh by a timer is none by a person').toBeGreaterThanOrEqual(230);
  const before = idleSeconds().length;
  await page.keyboard.press('Enter');
  await expect(warning.dialog).toBeHidden();
  await expect(chat.message, 'the person goes on where they were').toBeFocused();
  await expect.poll(() => idleSeconds().length).toBeGreaterThan(before);
  expect(idleSeconds().at(-1)).toBeLessThanOrEqual(5);
});

test('input moves the end, and what a script does is no input', async ({ page, signIn, chat, warning, wire }) => {
  await signIn();
  await page.clock.fastForward('07:00');
  await chat.message.press('a');
  const idleSeconds = () => wire.calls('POST', '/api/refresh').map((request) => request.postDataJSON().idle_seconds);
  await expect.poll(() => idleSeconds().at(-1), 'the server learns of it before it considers the person idle').toBeLessThan(60);
  await page.clock.fastForward('07:00');
  await expect(warning.dialog).toBeHidden();
  await page.evaluate(() => {
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
    window.dispatchEvent(new PointerEvent('pointerdown'));
  });
  await page.clock.fastForward('01:05');
  await expect(warning.dialog).toBeVisible();
});

test('a reload is no input, and forgets none', async ({ page, signIn, chat, warning }) => {
  await signIn();
  await page.clock.fastForward('07:00');
  await page.reload();
  await chat.isOpen();
  await expect(warning.dialog).toBeHidden();
  await page.clock.fastForward('01:05');
  await expect(warning.dialog).toBeVisible();
});

for (const next of ['the same person', 'somebody else'] as const) {
  const kept = next === 'the same person' ? 'there' : 'gone';

  test(`nobody reacts: the session is ended here and at the server, and what was typed is ${kept} for ${next}`, async ({
    page, user, signIn, login, chat, warning, signedOut, wire,
  }) => {
    mayLog(statusError(401));
    await signIn();
    const { session } = await wire.current();
    await holdKey(page);
    await chat.message.fill('Half a thought');
    await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.draft'))).not.toBeNull();
    await page.clock.fastForward('08:05');
    await expect(warning.dialog).toBeVisible();
    await page.clock.fastForward('02:00');
    await signedOut.because('inactivity');
    await signedOut.here();
    await expect(page).toHaveURL('/signed-out');
    expect(await sessionLives(page, session)).toBe(false);
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('Half a thought');

    await signedOut.signIn.click();
    await login.signInAs(next === 'somebody else' ? `${user.name}-other` : user.name);
    await chat.isOpen();
    await expect(chat.message).toHaveValue(next === 'somebody else' ? '' : 'Half a thought');
  });
}

test('a warned person signs out, and nothing that they typed is kept', async ({
  page, signIn, chat, warning, signedOut,
}) => {
  await signIn();
  await chat.message.fill('Half a thought');
  await page.clock.fastForward('08:05');
  await warning.signOut.click();
  await signedOut.everywhere();
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).toBe('{}');
});

test('all tabs agree: staying in one is staying in all, and so is the end', async ({
  page, context, signIn, warning, signedOut,
}) => {
  await signIn();
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).isOpen();
  const otherWarning = sessionWarning(other);

  await page.clock.fastForward('08:05');
  await expect(warning.dialog).toBeVisible();
  await expect(otherWarning.dialog).toBeVisible();
  await otherWarning.stay.click();
  await page.clock.runFor(2_000);
  await expect(otherWarning.dialog).toBeHidden();
  await expect(warning.dialog).toBeHidden();

  await page.clock.fastForward('08:05');
  await expect(warning.dialog).toBeVisible();
  await page.clock.fastForward('02:00');
  await signedOut.because('inactivity');
  await signedOutPage(other).because('inactivity');
});

test('a session at the end of its lifetime is announced, and ends where the person was', async ({
  page, context, signIn, chat, warning, signedOut,
}) => {
  await limit(context, { idle_timeout: 600, session_expires_in: 200 });
  await signIn();
  await chat.message.fill('Half a thought');
  await page.clock.fastForward('01:25');
  await expect(warning.dialog).toContainText('as long as a session may');
  await expect(warning.stay).toHaveCount(0);
  await warning.goOn.click();
  await expect(warning.dialog).toBeHidden();
  await page.clock.runFor(2_000);
  await expect(warning.dialog, 'shown once').toBeHidden();

  await page.clock.fastForward('02:00');
  await signedOut.because('a session lasts only so long');
});

test.describe('in French', () => {
  test.use({ locale: 'fr-FR' });

  test('the warning and the reason are in French', async ({ page, signIn }) => {
    await signIn();
    await page.clock.fastForward('08:05');
    const dialog = page.getByRole('alertdialog', { name: 'Votre session va se terminer' });
    await expect(dialog.getByText(/Elle se termine dans \d+\s(minutes|secondes)/)).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Rester connecté' })).toBeFocused();
    await page.clock.fastForward('02:00');
    await expect(page.getByText('déconnecté pour cause d’inactivité')).toBeVisible();
  });
});

/** What the server says of the session's limits. */
async function limit(context: BrowserContext, limits: Limits) {
  await context.route(/\/api\/(token|refresh)$/, async (route) => {
    const answer = await route.fetch();
    if (!answer.ok()) return route.fulfill({ response: answer });
    return route.fulfill({ response: answer, json: { ...(await answer.json()), ...limits } });
  });
}

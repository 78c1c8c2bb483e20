// One person, two browsers: each sees the sessions of both, and an end reaches every copy.

import type { BrowserContext, Page } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { expectAccessible } from '../fixtures/axe';
import { holdKey, judged } from '../fixtures/browser-key';
import { expect, mayLog, noAnswer, statusError, test as base } from '../fixtures/test';
import type { User } from '../fixtures/user';
import { Wire } from '../fixtures/wire';
import { chatPage, type ChatPage } from '../pages/chat';
import { loginPageOf, type LoginPage } from '../pages/login';
import { sessionsDialog, type SessionsDialog } from '../pages/sessions';
import { signedOutPage, type SignedOutPage } from '../pages/signed-out';

/** From the moment that a session has ended to the moment that its pages show it. */
const soon = { timeout: 2_000 };

interface OtherBrowser {
  context: BrowserContext;
  page: Page;
  login: LoginPage;
  chat: ChatPage;
  wire: Wire;
}

const test = base.extend<{
  sessions: SessionsDialog;
  signedOut: SignedOutPage;
  /** Another browser, in which the same user signs in. */
  signInElsewhere: () => Promise<OtherBrowser>;
}>({
  sessions: ({ page, words }, use) => use(sessionsDialog(page, words)),
  signedOut: ({ page }, use) => use(signedOutPage(page)),
  signInElsewhere: async ({ browser, baseURL, identityProvider, user }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ baseURL });
      contexts.push(context);
      const page = await context.newPage();
      const login = loginPageOf(identityProvider, page);
      const other = { context, page, login, chat: chatPage(page), wire: new Wire(page) };
      await page.goto('/chat');
      await login.signInAs(user.name);
      await other.chat.isOpen();
      return other;
    });
    for (const context of contexts) await context.close();
  },
});

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

test('a person ends the session of another browser, and it leaves at once', async ({
  page, signIn, signInElsewhere, chat, sessions,
}) => {
  // T87, T88
  await signIn();
  const other = await signInElsewhere();
  const { access_token } = await other.wire.current();
  expect(await judged(other.page, access_token)).toBe('taken');
  await holdKey(other.page);

  // Firefox gives the focus to no window behind another.
  await page.bringToFront();
  await sessions.openByKeys();
  await expect(sessions.rows).toHaveCount(2);
  await expect(sessions.here).toContainText(/(Chrome|Firefox|Safari) on /);
  await expect(sessions.here).toContainText('in use now');
  await expect(sessions.elsewhere).toContainText(/signed in .*\d.*, last used .*\d/);
  await expect(sessions.here.getByRole('button'), 'that is what signing out is for').toHaveCount(0);
  await expectAccessible(page, 'sessions');

  const ended = page.waitForResponse('**/api/sessions/end');
  await sessions.endOne.press('Enter');
  await ended;
  await expect(other.chat.message).toBeHidden(soon);
  await other.login.isOpen();
  expect(await judgedIn(other.context, access_token), 'the token died with the session').toBe('invalid_token');

  await expect(sessions.dialog.getByText('The session is ended.')).toBeVisible();
  await expect(sessions.rows).toHaveCount(1);
  await expect(sessions.dialog.getByText('You are signed in nowhere else.')).toBeVisible();
  await expect(sessions.endOthers).toBeHidden();
  await expect(sessions.close, 'the pressed button is gone').toBeFocused();
  await page.keyboard.press('Escape');
  await expect(sessions.dialog).toBeHidden();
  await expect(sessions.opener).toBeFocused();
  await chat.ask('Still here?');
  await chat.answered('Still here?');
});

// Each ends with a page of the other browser that calls again: the token is sealed under the session's id, which only that
// browser has.
for (const [when, before, after] of [
  ['at once', async () => {}, async () => {}],
  [
    'when it signs in again, if its requests were lost',
    async ({ page }) => {
      mayLog(noAnswer);
      await page.route('**/api/logout', (route) => route.abort());
    },
    async ({ page, login, chat }, user) => {
      await login.isOpen();
      expect(await user.revocations(), 'no request has arrived').toBe(0);
      await page.unroute('**/api/logout');
      await login.signInAs(user.name);
      await chat.isOpen();
    },
  ],
  [
    'when it is opened again, if it was closed',
    async ({ page }) => page.close(),
    async ({ context }) => {
      await (await context.newPage()).goto('/chat');
    },
  ],
] satisfies [string, (other: OtherBrowser) => Promise<void>, (other: OtherBrowser, user: User) => Promise<void>][]) {
  test(`a browser whose session was ended has its refresh token revoked, ${when}`, async ({
    page, user, signIn, signInElsewhere, sessions,
  }) => {
    // T85
    await signIn();
    const other = await signInElsewhere();
    await before(other);
    await sessions.open();
    const ended = page.waitForResponse('**/api/sessions/end');
    await sessions.endOne.click();
    await ended;
    await after(other, user);
    await expect.poll(() => user.revocations()).toBe(1);
    await expect(sessions.here, 'the other session goes on').toBeVisible();
  });
}

test('a browser whose session was ended asks for the password, although the provider still knows the person', {
  tag: '@certified',
}, async ({ signIn, signInElsewhere, sessions }) => {
  await signIn();
  const other = await signInElsewhere();
  await sessions.open();
  await sessions.endOne.click();
  await other.login.isOpen();
});

test('a person ends all sessions, and this one with them', async ({
  user, signIn, signInElsewhere, sessions, signedOut,
}) => {
  // T88
  await signIn();
  const other = await signInElsewhere();
  await sessions.open();
  await expect(sessions.endOthers).toBeVisible();
  await sessions.endAll.click();
  await expect(other.chat.message).toBeHidden();
  await other.login.isOpen();
  await signedOut.everywhere();

  // OpenID Connect Core §3.1.2.1
  await expect(other.page).toHaveURL(/[?&]prompt=login(&|$)/);
  await other.login.signInAs(user.name);
  await other.chat.isOpen();
  expect(await other.page.evaluate(() => localStorage.getItem('oracle-ai.reauthenticate')), 'once').toBeNull();
});

test('a session that could not be ended stays in the list, with a message, until it is', async ({
  page, signIn, signInElsewhere, sessions,
}) => {
  mayLog(noAnswer);
  await signIn();
  const other = await signInElsewhere();
  await sessions.open();
  for (const [path, button] of [['end', sessions.endOne], ['end-all', sessions.endOthers]] as const) {
    await page.route(`**/api/sessions/${path}`, (route) => route.abort(), { times: 1 });
    await button.click();
    await expect(sessions.failure).toContainText('The connection was lost');
    await expect(sessions.rows, 'nothing is shown as ended').toHaveCount(2);
    await expect(sessions.dialog.getByText(/(is|are) ended/)).toHaveCount(0);
    await expect(other.chat.message).toBeVisible();
  }
  await page.route('**/api/sessions/end-all', (route) => route.abort(), { times: 1 });
  await sessions.endAll.click();
  await expect(sessions.failure).toContainText('The connection was lost');
  await expect(sessions.here, 'nor is this one left').toBeVisible();

  await sessions.endOne.click();
  await expect(sessions.dialog.getByText('The session is ended.')).toBeVisible();
  await expect(sessions.failure).toBeHidden();
  await other.login.isOpen();
});

test('sessions that cannot be listed are asked for again', async ({ page, signIn, sessions }) => {
  mayLog(noAnswer);
  await signIn();
  await page.route('**/api/sessions', (route) => route.abort(), { times: 1 });
  await sessions.open();
  await expect(sessions.failure).toContainText('The connection was lost');
  await sessions.retry.click();
  await expect(sessions.here).toBeVisible();
  await expect(sessions.failure).toBeHidden();
});

for (const width of [390, 320]) {
  test.describe(`in French, on a phone of ${width} pixels`, () => {
    test.use({ locale: 'fr-FR', viewport: { width, height: 700 }, hasTouch: true });

    test.beforeEach(({ browserName }) => needs(browserName, 'a touch screen'));

    test('the sessions are listed and ended in French, and all of it fits', async ({
      page, signIn, signInElsewhere, sessions,
    }) => {
      // T88
      await signIn();
      const other = await signInElsewhere();
      await sessions.open();
      await expect(sessions.rows).toHaveCount(2);
      await expect(sessions.here).toContainText('en cours d’utilisation');
      await expect(sessions.elsewhere).toContainText(/connecté le .*\d.*, utilisé en dernier le .*\d/);
      await expectAccessible(page, 'sessions');
      for (const it of [sessions.dialog, sessions.endOne, sessions.endOthers, sessions.endAll, sessions.close]) {
        const { x, width: wide, height } = (await it.boundingBox())!;
        expect(x, 'nothing sticks out to the left').toBeGreaterThanOrEqual(0);
        expect(x + wide, 'nor to the right').toBeLessThanOrEqual(width);
        expect(height, 'a finger can hit it').toBeGreaterThanOrEqual(24);
      }
      expect(await sessions.dialog.evaluate((it) => it.scrollWidth - it.clientWidth), 'no line is cut').toBe(0);

      await sessions.endOthers.tap();
      await other.login.isOpen();
      await expect(sessions.dialog.getByText('Toutes les autres sessions sont terminées.')).toBeVisible();
      await expect(sessions.dialog.getByText('Vous n’êtes connecté nulle part ailleurs.')).toBeVisible();
      await expect(sessions.rows).toHaveCount(1);
    });
  });
}

test('a logout at the provider ends the sessions of every browser', async ({
  page, user, signIn, signInElsewhere, chat, login, wire,
}) => {
  // T87
  await signIn();
  const other = await signInElsewhere();
  const tokens = [(await wire.current()).access_token, (await other.wire.current()).access_token];
  for (const it of [page, other.page]) await holdKey(it);
  expect(await user.logOutAtProvider(), 'one logout token for each, taken').toEqual([[200], [200]]);

  await Promise.all([chat, other.chat].map((it) => expect(it.message).toBeHidden(soon)));
  await login.isOpen();
  await other.login.isOpen();
  expect(await judgedIn(page.context(), tokens[0])).toBe('invalid_token');
  expect(await judgedIn(other.context, tokens[1])).toBe('invalid_token');
});

test('signing out goes by the provider, and only the way back that was begun here counts', async ({
  page, baseURL, signIn, chat, signedOut,
}) => {
  // T76
  await signIn();
  const leaving = page.waitForRequest(/\/end_session\?/);
  await chat.signOut.click();
  const { id_token_hint, post_logout_redirect_uri, state } = parametersOf((await leaving).url());
  expect(id_token_hint).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(post_logout_redirect_uri).toBe(`${baseURL}/signed-out`);
  expect(state.length).toBeGreaterThanOrEqual(22);
  await signedOut.everywhere();

  for (const known of [state, 'forged']) {
    await page.goto(`/signed-out?state=${known}`);
    await signedOut.here();
  }
});

/** What the server thinks of a token of this browser, all of whose pages may have left, with the key that was held. */
async function judgedIn(context: BrowserContext, token: string): Promise<string> {
  const page = await context.newPage();
  await page.goto('/signed-out');
  const judgement = await judged(page, token, { ofHeldKey: true });
  await page.close();
  return judgement;
}

const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

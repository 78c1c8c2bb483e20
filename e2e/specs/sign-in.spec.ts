import { needs } from '../fixtures/engines';
import { expect, mayLog, noAnswer, statusError, test } from '../fixtures/test';
import { mockLoginPage } from '../pages/login';

test('a cold start leads through the provider to the chat', { tag: ['@every-provider', '@engines'] }, async ({
  page, user, login, chat,
}) => {
  await page.goto('/');
  await login.isOpen();
  await login.signInAs(user.name);

  await chat.isOpen();
  await expect(page).toHaveURL('/chat');
  await expect(chat.banner).toContainText('oracle-ai');
  await expect(chat.account.button).toHaveAccessibleName(new RegExp(user.name, 'i'));
  await expect(chat.emptyHeading).toBeVisible();

  await chat.ask('Which wait events matter?');
  await expect(chat.questions).toContainText('Which wait events matter?');
  await chat.answered('Which wait events matter?');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
});

test('a person chosen from the list is greeted by name', async ({ page, chat }) => {
  await page.goto('/');
  await mockLoginPage(page).choose('Alice');
  await expect(chat.account.button).toHaveAccessibleName(/^Alice:/);
});

test('a person whose name only the userinfo endpoint has is greeted by it', { tag: '@certified' }, async ({
  user, signIn, chat,
}) => {
  await signIn();
  await expect(chat.account.button).toHaveAccessibleName(new RegExp(`^Certified ${user.name}:`));
});

test('a deep link is where the sign-in ends, query and fragment included', { tag: ['@every-provider', '@engines'] }, async ({
  page, signIn,
}) => {
  await signIn('/chat?topic=awr&depth=2#plan');
  await expect(page).toHaveURL('/chat?topic=awr&depth=2#plan');
});

test('the way back from the chat does not lead over the used callback link', { tag: '@engines' }, async ({
  page, user, login, chat,
}) => {
  await page.goto('/');
  await login.signInAs(user.name);
  await chat.isOpen();
  await page.goBack();
  expect(page.url()).not.toContain('/auth/callback');
});

test('an address that leads nowhere says so and offers the chat', async ({ page, login }) => {
  mayLog(statusError(404));
  await page.goto('/no/such/page');
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await page.getByRole('link', { name: /chat/i }).click();
  await login.isOpen();
});

test('a sign-in that is stopped on its way can be gone on with', { tag: '@engines' }, async ({ page, login }) => {
  mayLog(noAnswer);
  const toProvider = (url: URL) => url.pathname.endsWith('/authorize') && !url.pathname.startsWith('/api/');
  await page.route(toProvider, (route) => route.abort('aborted'));
  await page.goto('/chat');
  await expect(page.getByRole('heading', { name: 'You are not signed in yet' })).toBeVisible({ timeout: 15_000 });

  await page.unroute(toProvider);
  await page.getByRole('button', { name: 'Try again' }).click();
  await login.isOpen();
});

test('the Back button leads from the provider to where the person was', async ({ page, browserName, login }) => {
  needs(browserName, 'pages from memory');
  await page.goto('/signed-out');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await login.isOpen();

  await page.goBack({ waitUntil: 'commit' });
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
});

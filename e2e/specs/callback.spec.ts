import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures/test';

test('a refused sign-in says so, and trying again leads to the wanted page', { tag: '@every-provider' }, async ({
  page, user, login, callback, chat,
}) => {
  await page.goto('/chat?topic=awr');
  await login.deny();
  await callback.says('refused');

  await callback.tryAgain.click();
  await login.signInAs(user.name);
  await chat.isOpen();
  await expect(page).toHaveURL('/chat?topic=awr');
});

test('a provider that refuses by itself gets the same page', async ({ page, user, login, callback }) => {
  await user.set({ deny: true });
  await page.goto('/');
  await login.signInAs(user.name);
  await callback.says('refused');
});

test('code and state leave the address bar before the code is exchanged', { tag: '@every-provider' }, async ({
  page, signIn,
}) => {
  let addressAtExchange = '';
  await page.route('**/api/token', async (route) => {
    addressAtExchange = await page.evaluate(() => window.location.href);
    await route.fallback();
  });
  await signIn();
  expect(addressAtExchange).toMatch(/\/auth\/callback$/);
});

test('a callback link used a second time names the reason and starts afresh', { tag: '@every-provider' }, async ({
  page, signIn, wire, callback, chat,
}) => {
  const link = nextCallback(page);
  await signIn();

  await page.goto(await link);
  await callback.says('linkNotValid');
  await expect(page).toHaveURL('/auth/callback');
  const signInsStarted = wire.calls('GET', '/api/authorize').length;

  await page.reload();
  await callback.says('nothingToFinish');
  expect(wire.calls('GET', '/api/authorize'), 'no sign-in starts by itself').toHaveLength(signInsStarted);

  // The session that the link's first use began still lives.
  await callback.tryAgain.click();
  await chat.isOpen();
});

test('a callback link with a state nobody gave out is not followed', async ({ page, callback }) => {
  await page.goto('/auth/callback?code=from-somewhere&state=of-my-own-making');
  await callback.says('linkNotValid');
  await expect(page).toHaveURL('/auth/callback');
});

test('a callback opened by hand has nothing to finish', async ({ page, callback, login }) => {
  await page.goto('/auth/callback');
  await callback.says('nothingToFinish');
  await callback.tryAgain.click();
  await login.isOpen();
});

for (const kind of ['wrong_nonce', 'bad_signature', 'missing_id_token', 'invalid_grant']) {
  test(`a sign-in that ends in ${kind} did not work, and the next one does`, async ({
    page, user, login, callback, chat,
  }) => {
    await user.set({ token_faults: [{ kind }] });
    await page.goto('/');
    await login.signInAs(user.name);
    await callback.says('didNotWork');

    await callback.tryAgain.click();
    await login.signInAs(user.name);
    await chat.isOpen();
  });
}

/** The address the provider sends the browser back to, the next time it does. */
async function nextCallback(page: Page): Promise<string> {
  const request = await page.waitForRequest((it) => it.isNavigationRequest() && it.url().includes('/auth/callback?'));
  return request.url();
}

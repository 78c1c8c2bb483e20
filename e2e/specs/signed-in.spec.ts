// Ways to begin a test signed in, without the provider's login page. README.md says when to take which.

import { signInNextAs } from '../fixtures/login-hint';
import { provider } from '../fixtures/servers';
import { test as signedIn } from '../fixtures/signed-in';
import { expect, test } from '../fixtures/test';
import { newName } from '../fixtures/user';
import { chatPage } from '../pages/chat';

test('a login hint signs in without a form', async ({ page, user, chat, wire, baseURL }) => {
  await signInNextAs(page, user.name, provider.mock.origin);
  await page.goto('/chat');
  await chat.isOpen();
  await expect(chat.account.button).toHaveAccessibleName(new RegExp(user.name, 'i'));
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  expect(wire.pagesOutside(baseURL!), 'the request that was redirected').toHaveLength(1);
});

test('two pages with different hints are two people', async ({ browser, baseURL }) => {
  const names = [newName(), newName()];
  const contexts = await Promise.all(names.map(() => browser.newContext({ baseURL })));
  await Promise.all(names.map(async (name, n) => {
    const page = await contexts[n].newPage();
    await signInNextAs(page, name, provider.mock.origin);
    await page.goto('/chat');
    await expect(chatPage(page).account.button).toHaveAccessibleName(new RegExp(name, 'i'));
  }));
  await Promise.all(contexts.map((context) => context.close()));
});

for (const test of ['a first', 'a second']) {
  signedIn(`${test} test of a worker is signed in without a request to the provider`, async ({ signIn, chat, wire, baseURL }) => {
    await signIn();
    await expect(chat.account.button).toHaveAccessibleName(/u-/i);
    expect(wire.pagesOutside(baseURL!)).toEqual([]);
  });
}

import { expect, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';

test('signing out in one tab ends the session in the others', async ({ page, context, signIn, chat }) => { // T57
  await signIn();
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).isOpen();

  await chat.signOut.click();
  await expect(other.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await expect(other).toHaveURL('/signed-out');
});

test('a session that ends in one tab ends in the others', async ({ page, context, user, signIn, chat, login }) => {
  await signIn();
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).isOpen();

  await user.revoke();
  await page.route('**/api/chat', (route) => route.fulfill({ status: 401, json: { code: 401, message: '', data: { kind: 'unauthenticated' } } }));
  await chat.ask('Are you there?');
  await login.isOpen();
  await expect(chatPage(other).message).toBeHidden();
});

test('a page that signs in by itself three times in a minute stops and says why', async ({ page, login }) => {
  for (let time = 0; time < 3; time += 1) {
    await page.goto('/chat');
    await login.isOpen();
  }
  await page.goto('/chat');
  await expect(page.getByRole('heading', { name: 'Signing in does not last' })).toBeVisible();

  await page.getByRole('button', { name: 'Try again' }).click();
  await login.isOpen();
});

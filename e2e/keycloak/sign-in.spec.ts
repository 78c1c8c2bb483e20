import { chatPage } from '../pages/chat';
import { keycloakLoginPage } from '../pages/login';
import { headerOf } from './jwt';
import { expect, mayLog, statusError, test } from './test';
import { sha256 } from './thief';

test('a person signs in with a password at Keycloak, which gets a pushed request with PKCE, and the chat answers', async ({
  page, person, keycloak, recorder, signIn, chat,
}) => {
  const authorization = page.waitForRequest(/\/openid-connect\/auth\?/);
  await signIn();
  await chat.ask('Are you there?');
  await chat.answered('Are you there?');

  const { searchParams } = new URL((await authorization).url());
  expect([...searchParams.keys()].sort(), 'all else was pushed').toEqual(['client_id', 'request_uri']);
  const [{ form: pushed }] = recorder.pushedRequests();
  const [{ form: exchanged }] = recorder.tokenCalls('authorization_code');
  expect([pushed.get('response_type'), pushed.get('code_challenge_method')]).toEqual(['code', 'S256']);
  expect(pushed.get('code_challenge')).toBe(sha256(exchanged.get('code_verifier')!));
  expect((await keycloak.noted(person)).map(({ type }) => type)).toEqual(['LOGIN', 'CODE_TO_TOKEN']);
});

test('a person without the client’s role reads that they may not chat', async ({ page, keycloak, person, signIn, chat }) => {
  // T70
  mayLog(statusError(403));
  await keycloak.withdrawRoles(person);
  await signIn();
  await chat.ask('May I?');
  await expect(page.getByText('not allowed to use')).toBeVisible();
});

test('after a change of Keycloak’s signing key, sign-ins work at once, and open sessions go on', async ({
  browser, baseURL, person, keycloak, recorder, signIn, chat,
}) => {
  // T28
  await signIn();
  await keycloak.addSigningKey();
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  const other = chatPage(page);
  await page.goto('/chat');
  await keycloakLoginPage(page, person.password).signInAs(person.name);
  await other.isOpen();
  await other.ask('By the new key?');
  await other.answered('By the new key?');
  await context.close();
  const [before, after] = recorder.tokenCalls('authorization_code').map(({ answer }) => headerOf(answer.id_token!).kid);
  expect(after).not.toBe(before);

  await chat.ask('By the old key?');
  await chat.answered('By the old key?');
});

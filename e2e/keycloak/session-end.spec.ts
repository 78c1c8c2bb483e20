import { holdKey, judged } from '../fixtures/browser-key';
import { chatPage } from '../pages/chat';
import { keycloakLoginPage } from '../pages/login';
import { signedOutPage } from '../pages/signed-out';
import { expect, mayLog, statusError, test } from './test';

// A page whose session has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

test('a session that an administrator ends in Keycloak ends here at once, and its page is Keycloak’s login page', async ({
  page, person, keycloak, signIn, chat, login, wire,
}) => {
  // T80, T81, T87
  await signIn();
  const { access_token } = await wire.current();
  await holdKey(page);
  const sessions = await keycloak.sessions(person);
  expect(sessions).toHaveLength(1);
  await keycloak.endSession(sessions[0]);

  // Nobody does anything, and the access token is good for minutes: only Keycloak's logout token can have said it.
  await login.isOpen();
  await page.goto('/signed-out');
  expect(await judged(page, access_token, { ofHeldKey: true })).toBe('invalid_token');
  await page.goto('/chat');
  await login.signInAs(person.name);
  await chat.isOpen();
});

test('the sessions that an administrator leaves alone go on', async ({ browser, baseURL, person, keycloak, signIn, chat }) => {
  await signIn();
  const [here] = await keycloak.sessions(person);
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  const login = keycloakLoginPage(page, person.password);
  await page.goto('/chat');
  await login.signInAs(person.name);
  await chatPage(page).isOpen();
  await keycloak.endSession((await keycloak.sessions(person)).find((session) => session !== here)!);
  await login.isOpen();
  await context.close();

  await chat.ask('Am I still here?');
  await chat.answered('Am I still here?');
});

test('signing out ends Keycloak’s session, which asks for the password at the next sign-in', async ({
  page, person, keycloak, signIn, chat, login,
}) => {
  // T76
  const signedOut = signedOutPage(page);
  await signIn();
  expect(await keycloak.sessions(person)).toHaveLength(1);
  await chat.signOut.click();
  await signedOut.everywhere();
  expect(await keycloak.sessions(person)).toEqual([]);

  await signedOut.signIn.click();
  await login.isOpen();
  await login.signInAs(person.name);
  await chat.isOpen();
});

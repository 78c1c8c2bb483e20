import { expect, mayLog, statusError, test } from './test';
import { Thief } from './thief';

// A token that has expired is refused, and the page asks for the next.
test.beforeEach(() => mayLog(statusError(401)));

test('messages after the access token expired are answered, each time with the refresh token that Keycloak sent last', async ({
  asleep, shortTokens: _, person, keycloak, recorder, signIn, untilTokenExpires, chat, wire,
}) => {
  // T43
  await signIn();
  for (const message of ['first', 'second']) {
    await untilTokenExpires();
    await chat.ask(message);
    await chat.answered(message);
  }

  const [{ answer: signedIn }] = recorder.tokenCalls('authorization_code');
  const refreshes = recorder.tokenCalls('refresh_token');
  const received = [signedIn, ...refreshes.map(({ answer }) => answer)].map(({ refresh_token }) => refresh_token);
  expect(new Set(received).size).toBe(3);
  expect(refreshes.map(({ form }) => form.get('refresh_token'))).toEqual(received.slice(0, 2));
  const [first, second, ...more] = await keycloak.noted(person, 'REFRESH_TOKEN');
  expect(second.details.refresh_token_id).toBe(first.details.updated_refresh_token_id);
  expect(more).toEqual([]);
  expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
});

test('a refresh token that comes a second time ends the grant, and the person goes on by one redirect through Keycloak', async ({
  asleep, shortTokens: _, recorder, signIn, untilTokenExpires, chat, wire,
}) => {
  // T45
  await signIn();
  await untilTokenExpires();
  await chat.ask('first');
  await chat.answered('first');
  const [refresh] = recorder.tokenCalls('refresh_token');
  const theft = await new Thief().refresh(refresh, refresh.form.get('refresh_token')!);
  expect(theft).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

  await untilTokenExpires();
  await chat.ask('second');
  await chat.answered('second');
  await expect(chat.questions).toHaveCount(2);
  expect(recorder.tokenCalls('refresh_token').map(({ answer }) => answer.error)).toEqual([undefined, 'invalid_grant']);
  expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
});

test('where a thief was faster, Keycloak refuses the server’s refresh token, and the person signs in with the password', async ({
  asleep, shortTokens: _, page, person, recorder, signIn, untilTokenExpires, chat, login, wire,
}) => {
  // T45
  // The conversation that the message would have begun.
  mayLog(statusError(404));
  await signIn();
  const [exchange] = recorder.tokenCalls('authorization_code');
  const thief = new Thief();
  const theft = await thief.refresh(exchange, exchange.answer.refresh_token!);
  expect(theft.status).toBe(200);
  await untilTokenExpires();
  // As in a browser that was restarted: Keycloak does not know it.
  await page.context().clearCookies();

  await chat.ask('still there?');
  await login.isOpen();
  await login.signInAs(person.name);
  await chat.answered('still there?');
  await expect(chat.questions).toHaveCount(1);
  expect(recorder.tokenCalls('refresh_token').map(({ answer }) => answer.error)).toEqual(['invalid_grant']);
  expect(wire.calls('GET', '/api/authorize'), 'no loop').toHaveLength(2);
  expect(await thief.refresh(exchange, theft.body.refresh_token!), 'the thief has nothing, either').toMatchObject({
    status: 400, body: { error: 'invalid_grant' },
  });
});

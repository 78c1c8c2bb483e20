// The fault board, walked: each fault of the provider is switched on, met by a person, and switched off again. Nobody
// is sent round in circles, no typed word is lost, and all is well afterwards.
//
// Elsewhere: two tabs that refresh at once (tabs.spec), a laptop that sleeps past the end of its token (wake.spec).

import { client, foreignProvider, ownMock, portsOfWorker, provider, startApp } from '../fixtures/servers';
import { startStandIn } from '../fixtures/stand-in';
import { expect, mayLog, refuseNextMessage, statusError, test } from '../fixtures/test';
import type { Settings } from '../fixtures/user';
import { chatPage } from '../pages/chat';
import { mockLoginPage } from '../pages/login';

const draft = 'Why is this plan slow?\nIt was fast yesterday.';

const always = (kind: string, ms?: number) => [{ kind, times: 0, ...(ms ? { ms } : {}) }];

/** Each request is answered with this error. */
const error = (status: number, code: string) => [
  { kind: 'response', times: 0, status, body: JSON.stringify({ error: code }) },
];

test.describe('a sign-in fails, says so, and works once the fault is gone:', () => {
  for (const [fault, says, settings] of [
    ['access_denied', 'refused', { deny: true }],
    ['temporarily_unavailable', 'busy', { authorize_error: 'temporarily_unavailable' }],
    ['an error nobody knows', 'refused', { authorize_error: 'out_of_cheese' }],
    ['wrong state', 'linkNotValid', { authorize_response_fault: 'wrong_state' }],
    ['no state', 'linkNotValid', { authorize_response_fault: 'missing_state' }],
    ['the code twice', 'linkNotValid', { authorize_response_fault: 'repeated_code' }],
    ['wrong iss', 'didNotWork', { authorize_response_fault: 'wrong_iss' }],
    ['no iss', 'didNotWork', { authorize_response_fault: 'missing_iss' }],
    ['answer 500', 'unreachable', { token_faults: always('server_error') }],
    ['answer 503', 'unreachable', { token_faults: always('unavailable') }],
    ['connection reset', 'unreachable', { token_faults: always('reset') }],
    ['answer lost', 'unreachable', { token_faults: always('lost_answer') }],
    ['malformed JSON', 'unreachable', { token_faults: always('garbage') }],
    // T45: a bare 400 is a refusal, an answer that can't be read is none.
    ['bare 400', 'didNotWork', { token_faults: always('empty') }],
    [
      'access token above 16 KB',
      'tokenTooLong',
      { access_token_format: 'jwt', access_token_claims: { groups: 'x'.repeat(20_000) } },
    ],
    ['invalid_grant', 'didNotWork', { token_faults: always('invalid_grant') }],
    ['an error answered 200', 'didNotWork', { token_faults: error(200, 'bad_verification_code') }],
    ['invalid_client', 'unreachable', { token_faults: error(401, 'invalid_client') }],
    ['no access token', 'unreachable', { token_faults: always('missing_access_token') }],
    ['no ID token', 'didNotWork', { token_faults: always('missing_id_token') }],
    ['ID token of another iss', 'didNotWork', { token_faults: always('wrong_iss') }],
    ['ID token for another aud', 'didNotWork', { token_faults: always('wrong_aud') }],
    ['ID token of another nonce', 'didNotWork', { token_faults: always('wrong_nonce') }],
    ['expired ID token', 'didNotWork', { token_faults: always('expired_id_token') }],
    ['badly signed ID token', 'didNotWork', { token_faults: always('bad_signature') }],
    ['unsigned ID token', 'didNotWork', { token_faults: always('alg_none') }],
  ] as const) {
    test(fault, async ({ page, user, login, callback, chat, wire }) => {
      mayLog(statusError(400), statusError(401), statusError(502));
      await user.set(settings);
      await page.goto('/chat?topic=awr');
      await login.signInAs(user.name);
      await callback.says(says);
      expect(wire.calls('GET', '/api/authorize'), 'one sign-in was begun').toHaveLength(1);

      await user.reset();
      await callback.tryAgain.click();
      await login.signInAs(user.name);
      await chat.isOpen();
      await expect(page).toHaveURL('/chat?topic=awr');
    });
  }
});

test.describe('a sign-in fails, and is begun again automatically, once:', () => {
  for (const [fault, says, settings] of [
    ['login_required', 'question', { authorize_error: 'login_required' }],
    ['interaction_required', 'question', { authorize_error: 'interaction_required' }],
    ['login_required without a state', 'question', {
      authorize_error: 'login_required', authorize_response_fault: 'missing_state',
    }],
    // Keycloak's, where its login page has expired.
    ['authentication_expired', 'busy', {
      authorize_error: 'temporarily_unavailable', authorize_error_description: 'authentication_expired',
    }],
  ] as const) {
    test(fault, async ({ page, user, login, callback, chat, wire }) => {
      mayLog(statusError(401));
      const signInsBegun = () => wire.calls('GET', '/api/authorize').length;
      await user.set(settings);
      await page.goto('/chat?topic=awr');
      await login.signInAs(user.name);
      await expect.poll(signInsBegun, 'the next sign-in begins automatically').toBe(2);
      await login.isOpen();
      await login.signInAs(user.name);
      await callback.says(says);
      expect(signInsBegun(), 'and no third one').toBe(2);

      await callback.tryAgain.click();
      await login.isOpen();
      await login.signInAs(user.name);
      await expect.poll(signInsBegun, 'a person who tries again has another try in hand').toBe(4);
      await user.reset();
      await login.isOpen();
      await login.signInAs(user.name);
      await chat.isOpen();
      await expect(page).toHaveURL('/chat?topic=awr');
    });
  }
});

test('a login page that was open while the server was restarted leads to the next one automatically', async ({
  page, user, wire, chat,
}) => {
  // The server keeps sign-ins that are under way in its memory.
  mayLog(statusError(400), statusError(401));
  const app = ownMock(portsOfWorker(test.info().parallelIndex));
  const login = mockLoginPage(page);
  let stopApp = await startApp(app);
  try {
    await page.goto(`${app.FRONT_URL}/chat?topic=awr`);
    await login.isOpen();
    await stopApp();
    stopApp = await startApp(app);
    await login.signInAs(user.name);
    await expect.poll(() => wire.calls('GET', '/api/authorize').length).toBe(2);
    await login.isOpen();
    await login.signInAs(user.name);
    await chat.isOpen();
    await expect(page).toHaveURL(`${app.FRONT_URL}/chat?topic=awr`);
  } finally {
    await stopApp();
  }
});

test.describe('a refresh fails each time, and the page offers to sign in again, with everything kept:', () => {
  for (const [fault, refresh_faults] of [
    ['unauthorized_client', error(400, 'unauthorized_client')],
    ['answer 500', always('server_error')],
  ] as const) {
    test(fault, async ({ page, user, signIn, login, callback, chat, wire }) => {
      mayLog(statusError(401), statusError(503));
      const failed = async () => (await wire.statuses('POST', '/api/refresh'))[503] ?? 0;
      await signIn('/chat?topic=awr');
      await chat.message.fill(draft);
      await expect.poll(() => page.evaluate(() => JSON.stringify({ ...sessionStorage }))).toContain('oracle-ai.draft');
      await user.set({ refresh_faults: [...refresh_faults] });
      await page.reload();
      await callback.says('unreachable');
      await expect(callback.signInAgain, 'a passing outage needs no sign-in').toBeHidden();
      for (const times of [2, 3]) {
        await callback.tryAgain.click();
        await expect.poll(failed).toBe(times);
        await callback.says('unreachable');
      }

      await callback.signInAgain.click();
      await login.isOpen();
      await login.signInAs(user.name);
      await expect(chat.message).toHaveValue(draft);
      await expect(page).toHaveURL('/chat?topic=awr');
      expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
      await chat.message.press('Enter');
      await chat.answered('It was fast yesterday.');
    });

    test(`${fault}, in the chat`, async ({ page, user, signIn, login, chat, wire }) => {
      mayLog(statusError(401), statusError(404), statusError(503));
      const failed = async () => (await wire.statuses('POST', '/api/refresh'))[503] ?? 0;
      await signIn();
      await user.set({ refresh_faults: [...refresh_faults] });
      await refuseNextMessage(page);
      await chat.ask(draft);
      await expect.poll(failed).toBe(1);
      for (const times of [2, 3]) {
        await expect(chat.retry).toBeVisible();
        await refuseNextMessage(page);
        await chat.retry.click();
        await expect.poll(failed).toBe(times);
      }

      await chat.signInAgain.click();
      await login.isOpen();
      await login.signInAs(user.name);
      await expect(page).toHaveURL(/\/c\//);
      await expect(chat.message).toHaveValue(draft);
      expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
    });
  }
});

test.describe('a refresh fails, the session and the message are kept, in every tab:', () => {
  for (const kind of ['server_error', 'unavailable', 'reset', 'garbage']) {
    test(kind, async ({ page, context, user, signIn, chat, callback, wire }) => {
      mayLog(statusError(404), statusError(503));
      await signIn('/chat?topic=awr');
      await user.set({ refresh_faults: always(kind) });
      await refuseNextMessage(page);
      await chat.ask(draft);
      await expect(chat.retry).toBeVisible();
      await expect(chat.questions).toContainText('It was fast yesterday.');

      // A second tab needs no refresh as long as the first is there; alone, it says what is the matter.
      const other = await context.newPage();
      await other.goto('/chat');
      await chatPage(other).isOpen();
      await other.close();
      await page.reload();
      await callback.says('unreachable');

      await user.reset();
      await callback.tryAgain.click();
      await expect(chat.message).toHaveValue(draft);
      await expect(page).toHaveURL(/\/c\//);
      // The button waits until the conversation has been asked for.
      await chat.send.click();
      await chat.answered('It was fast yesterday.');
      expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
    });
  }
});

test.describe('a session ends, and the message is sent after one sign-in:', () => {
  for (const [fault, settings] of [
    ['invalid_grant', { refresh_faults: always('invalid_grant') }],
    ['bare 400', { refresh_faults: always('empty') }],
    ['an error answered 200', { refresh_faults: error(200, 'bad_refresh_token') }],
    ['ID token of another iss', { refresh_faults: always('wrong_iss') }],
    ['ID token for another aud', { refresh_faults: always('wrong_aud') }],
    // A bad signature may mean that the keys are new: it is judged when they can be fetched again (tests/it/signing_keys).
    ['signed out elsewhere', 'revoke'],
    ['an old refresh token used by a thief', 'steal'],
  ] as const) {
    test(fault, async ({ page, user, signIn, login, chat, wire, untilTokenExpires }) => {
      mayLog(statusError(404));
      await signIn('/chat?topic=awr');
      if (settings === 'steal') {
        await user.set({ access_token_ttl: 1 });
        await page.reload();
        await chat.isOpen();
        expect(await user.replaySupersededRefreshToken()).toEqual({ status: 400, error: 'invalid_grant' });
        await untilTokenExpires();
      } else {
        await (settings === 'revoke' ? user.revoke() : user.set(settings));
        await refuseNextMessage(page);
      }
      await chat.ask(draft);
      await login.isOpen();
      await user.reset();
      await login.signInAs(user.name);

      // It is sent automatically, once.
      await chat.answered('It was fast yesterday.');
      await expect(chat.questions).toHaveCount(1);
      await expect(page).toHaveURL(/\/c\//);
      expect(wire.calls('GET', '/api/authorize')).toHaveLength(2);
    });
  }
});

test.describe('an odd provider is nothing a person notices:', () => {
  for (const [oddity, settings] of [
    ['a slow exchange', { token_faults: [{ kind: 'slow', ms: 1500 }] }],
    ['a slow refresh', { refresh_faults: [{ kind: 'slow', ms: 1500 }] }],
    ['no ID token in a refresh', { id_token_in_refresh: false }],
    ['no new refresh token', { refresh_token_in_refresh: false }],
    ['the same refresh token again', { rotate_refresh_tokens: false }],
    ['expires_in of five seconds', { access_token_ttl: 5 }],
    ['expires_in missing', { expires_in: 'absent' }],
    ['expires_in as a text', { expires_in: 'string' }],
    ['a clock five minutes behind', { clock_offset: -300, id_token_ttl: 3600 }],
  ] as const) {
    test(oddity, async ({ page, user, signIn, chat, wire, untilTokenExpires }) => {
      // Where the response has a lifetime, it is short, and over before each message: two refreshes.
      const access_token_ttl = 'expires_in' in settings ? 300 : 4;
      await user.set({ access_token_ttl, ...settings } as unknown as Settings);
      await signIn();
      for (const message of ['first', 'second']) {
        await ('expires_in' in settings ? refuseNextMessage(page) : untilTokenExpires());
        await chat.ask(message);
        await chat.answered(message);
      }
      await page.reload();
      await chat.isOpen();
      expect(new Set(await user.tokenCalls('refresh_token'))).toEqual(new Set(['ok']));
      expect(wire.calls('GET', '/api/authorize')).toHaveLength(1);
    });
  }
});

test('a refresh whose answer is lost ends in one sign-in, with the message kept', async ({
  page, user, signIn, login, chat,
}) => {
  mayLog(statusError(401), statusError(404), statusError(503));
  // The provider has consumed the refresh token, and takes the next use for a theft (RFC 9700 §4.14.2).
  await signIn();
  await user.set({ refresh_faults: [{ kind: 'lost_answer' }] });
  await refuseNextMessage(page);
  await chat.ask(draft);
  await expect(chat.retry).toBeVisible();
  await refuseNextMessage(page);
  await chat.retry.click();
  await login.isOpen();
  await login.signInAs(user.name);
  await expect(chat.message).toHaveValue(draft);
});

test('a provider whose clock is five minutes ahead is signed in at, or refused once', async ({
  page, user, login, chat, callback, wire,
}) => {
  mayLog(statusError(401));
  await user.set({ clock_offset: 300 });
  await page.goto('/chat');
  await login.signInAs(user.name);
  await expect(chat.message.or(callback.tryAgain)).toBeVisible();
  expect(wire.calls('GET', '/api/authorize')).toHaveLength(1);
});

for (const endpoint of ['discovery', 'jwks']) {
  test(`a provider without its ${endpoint} is explained, and works once it is back`, async ({ page, user, callback, chat }) => {
    const ports = portsOfWorker(test.info().parallelIndex);
    const issuer = `http://127.0.0.1:${ports.provider}`;
    const app = foreignProvider(ports.app, issuer);
    const { clientId, clientSecret } = client;
    const provider = await startStandIn('mock-provider', [
      '--address', `127.0.0.1:${ports.provider}`, '--redirect-uri', `${app.FRONT_URL}/auth/callback`,
      '--client-id', clientId, '--client-secret', clientSecret,
    ]);
    const outage = (endpoints: string[]) => page.request.post(`${issuer}/__control/outage`, { data: { endpoints } });
    // Before the start, which reads both.
    await expect(await outage([endpoint])).toBeOK();
    const stopApp = await startApp(app);
    try {
      await page.goto(`${app.FRONT_URL}/chat?topic=awr`);
      await callback.says('unreachable');

      await expect(await outage([])).toBeOK();
      await callback.tryAgain.click();
      await mockLoginPage(page).signInAs(user.name);
      await chat.isOpen();
      await expect(page).toHaveURL(`${app.FRONT_URL}/chat?topic=awr`);
    } finally {
      await stopApp();
      await provider.stop();
    }
  });
}

test('faults are switched on and off by hand on the board', async ({ page, context, user, signIn, login, callback }) => {
  mayLog(statusError(401));
  const board = await context.newPage();
  await board.goto(`${provider.mock.origin}/__control/`);
  await board.getByRole('textbox', { name: 'Another user' }).fill(user.name);
  await board.getByRole('button', { name: 'Show' }).click();
  await expect(board.getByRole('heading', { name: user.name })).toBeVisible();
  const denied = board.getByRole('button', { name: 'Access denied' });
  await denied.click();
  await expect(denied).toHaveAttribute('aria-pressed', 'true');

  await page.goto('/chat');
  await login.signInAs(user.name);
  await callback.says('refused');

  await denied.click();
  await expect(denied).toHaveAttribute('aria-pressed', 'false');
  await signIn();
  await board.reload();
  await expect(board.getByRole('table', { name: 'Last calls, newest first' })).toContainText('authorization_code');

  await board.getByRole('button', { name: 'Sign out elsewhere' }).click();
  await page.reload();
  await login.isOpen();
});

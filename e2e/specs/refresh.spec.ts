import { judged, signedCall } from '../fixtures/browser-key';
import { expect, forbidNextMessage, mayLog, statusError, test } from '../fixtures/test';

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

const hour = 3_600_000;

test('a message after the access token expired is answered, with one refresh', { tag: ['@every-provider', '@engines'] }, async ({
  asleep, user, signIn, untilTokenExpires, chat, wire,
}) => {
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });

  await chat.ask('Still there?');
  await chat.answered('Still there?');
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.answers).toHaveCount(1);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(1);
});

test('a person who may not use the chat reads so, and nothing is refreshed', async ({ page, user, signIn, chat, wire }) => {
  // T70: what a new token could not mend.
  await signIn();
  await forbidNextMessage(page);
  await chat.ask('May I?');
  await expect(page.getByText('not allowed to use')).toBeVisible();
  await expect(chat.questions).toContainText(['May I?']);
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(0);
  expect(await user.tokenCalls('refresh_token')).toEqual([]);
});

test('two refreshes in a row both work, each with the newest refresh token', { tag: '@every-provider' }, async ({
  asleep, user, signIn, untilTokenExpires, chat,
}) => {
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 4 });
  await chat.ask('first');
  await chat.answered('first');
  await untilTokenExpires();
  await chat.ask('second');
  await chat.answered('second');
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok', 'ok']);
});

test('an old refresh token used by a thief ends the session', { tag: '@certified' }, async ({
  asleep, page, user, signIn, untilTokenExpires, chat,
}) => {
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 4 });
  await chat.ask('first');
  await chat.answered('first');
  expect(await user.replaySupersededRefreshToken()).toEqual({ status: 400, error: 'invalid_grant' });

  await untilTokenExpires();
  await chat.ask('second');
  await expect(page.getByRole('heading', { name: 'Authorize' }), 'the provider asks again').toBeVisible();
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok', 'invalid_grant', 'invalid_grant']);
});

test('a token is renewed before it expires, and no message meets a 401', { tag: '@engines' }, async ({
  page, user, signIn, chat, wire,
}) => {
  await page.clock.install();
  await signIn();
  await page.clock.fastForward('04:55');
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
  // The time passed for the timers only.
  await page.clock.setSystemTime(new Date());

  await chat.ask('Any results?');
  await chat.answered('Any results?');
  expect(await wire.statuses('POST', '/api/chat')).toEqual({ 200: 1 });
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('the page ignores the contents of an access token and uses the lifetime in the response', async ({
  page, user, signIn, chat, wire,
}) => {
  // T51: by its own `exp`, this token ended in 1970.
  await user.set({ access_token_format: 'jwt', access_token_claims: { exp: 1 } });
  await page.clock.install();
  await signIn();
  const { access_token } = await wire.current();
  expect(JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).exp).toBe(1);
  await page.clock.fastForward('01:00');
  await page.clock.setSystemTime(new Date());
  await chat.ask('Still good?');
  await chat.answered('Still good?');
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);
});

test('a token that is good for thirty days makes no storm of refreshes', async ({ page, user, signIn, wire }) => {
  await page.clock.install();
  await page.route('**/api/token', async (route) => {
    const answer = await route.fetch();
    // And a session that lasts so long without any input.
    const long = { expires_in: 30 * 24 * 3600, idle_timeout: 90 * 24 * 3600, session_expires_in: 90 * 24 * 3600 };
    await route.fulfill({ response: answer, json: { ...(await answer.json()), ...long } });
  });
  await signIn();
  // More than a browser's timers can count: one that is set for longer fires at once.
  await page.clock.fastForward(596.5 * hour);
  await page.clock.fastForward(0.5 * hour);
  await page.evaluate(() => fetch('/livez'));
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);

  await page.clock.fastForward(123 * hour);
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('tokens that live for five seconds are not renewed more often than every fifteen', async ({
  page, user, signIn, wire,
}) => {
  await user.set({ access_token_ttl: 5 });
  await page.clock.install();
  await signIn();
  await page.clock.runFor(14_000);
  await page.evaluate(() => fetch('/livez'));
  expect(wire.calls('POST', '/api/refresh')).toEqual([]);
  await page.clock.runFor(2_000);
  await expect.poll(() => user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('five refreshes of one session at once are one call to the provider', { tag: '@every-provider' }, async ({
  asleep, page, user, signIn, wire,
}) => {
  await signIn();
  await user.set({ refresh_faults: [{ kind: 'slow', ms: 500 }] });
  const { session } = await wire.current();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => signedCall(page, 'POST', '/api/refresh', { body: { session } })),
  );
  expect(answers.map((answer) => answer.status())).toEqual([200, 200, 200, 200, 200]);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);

  const { access_token } = await answers[4].json();
  expect(await judged(page, access_token)).toBe('taken');
});

test('five messages that fail together wait for one refresh', async ({
  asleep, page, user, signIn, untilTokenExpires, chat, wire,
}) => {
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/refresh', async (route) => {
    await released;
    await route.fallback();
  });

  // Four are stopped while the refresh is on its way, which must not stop the refresh.
  for (const message of ['one', 'two', 'three', 'four']) {
    await chat.ask(message);
    await chat.stop.click();
  }
  await chat.ask('five');
  release();

  await chat.answered('five');
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(1);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a refresh that came twice with one proof is asked for again, with another', async ({
  asleep, page, user, signIn, untilTokenExpires, chat, wire,
}) => {
  // T65, T69
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });
  // As where a connection is lost after the request: what comes then is a replay to the server.
  await page.route('**/api/refresh', async (route) => {
    await route.fetch();
    await route.continue();
  }, { times: 1 });

  await chat.ask('Still there?');
  await chat.answered('Still there?');
  expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 401: 1, 200: 1 });
  const proofs = wire.calls('POST', '/api/refresh').map((request) => jtiOf(request.headers().dpop));
  expect(new Set(proofs).size, 'no proof is used again').toBe(2);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
  expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
});

test('where no proof is taken, there are exactly two tries, and the session lives', async ({
  asleep, page, user, signIn, untilTokenExpires, chat, wire,
}) => {
  // T65
  await user.set({ access_token_ttl: 4 });
  await signIn();
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });
  await page.route('**/api/refresh', (route) =>
    route.continue({ headers: { ...route.request().headers(), dpop: 'no.proof.this' } }));

  await chat.ask('Are you there?');
  await expect(chat.retry).toBeVisible();
  expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 401: 2 });

  await page.unroute('**/api/refresh');
  await chat.retry.click();
  await chat.answered('Are you there?');
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(3);
  expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
});

test('a message refused twice is not repeated endlessly', async ({ page, signIn, chat, wire }) => {
  mayLog(statusError(401));
  await signIn();
  await page.route('**/api/chat', (route) =>
    route.fulfill({
      status: 401,
      headers: { 'www-authenticate': 'DPoP error="invalid_token", algs="ES256"' },
      json: { code: 401, message: 'unauthenticated', data: { kind: 'unauthenticated' } },
    }),
  );
  await chat.ask('Hello?');
  await expect(chat.retry).toBeVisible();
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(1);
  expect(wire.calls('POST', '/api/chat')).toHaveLength(2);
});

const jtiOf = (proof: string): string => JSON.parse(Buffer.from(proof.split('.')[1], 'base64url').toString()).jti;

import type { JsonWebKey } from 'node:crypto';

import { claimsOf, headerOf } from './jwt';
import { expect, mayLog, statusError, test } from './test';
import { Thief, thumbprint } from './thief';

test('Keycloak binds an access token to a key of the server’s, and takes it from nobody without that key', async ({
  recorder, signIn, wire,
}) => {
  // T67
  await signIn();
  const [exchange] = recorder.tokenCalls('authorization_code');
  const { access_token, refresh_token, token_type } = exchange.answer;
  const { jwk } = headerOf(exchange.headers.dpop as string) as { jwk: JsonWebKey };
  expect(token_type).toBe('DPoP');
  expect(claimsOf(access_token!).cnf).toEqual({ jkt: thumbprint(jwk) });
  expect((await wire.current()).access_token, 'it is the one that the page has').toBe(access_token);

  const thief = new Thief();
  for (const how of ['as a bearer token', 'without a proof', 'with a proof'] as const) {
    expect((await thief.userinfo(access_token!, how)).status, how).toBe(401);
  }
  // The endpoint does accept a token with a proof by the key that the token is bound to.
  const { body: own } = await thief.refresh(exchange, refresh_token!);
  expect(claimsOf(own.access_token!).cnf).toEqual({ jkt: thief.thumbprint });
  expect((await thief.userinfo(own.access_token!, 'with a proof')).status).toBe(200);
  expect((await thief.userinfo(own.access_token!, 'as a bearer token')).status).toBe(401);
});

// Keycloak says `invalid_request` where RFC 9449 §5 has `invalid_dpop_proof`.
test('a session outlives a time in which Keycloak refuses every proof, as a proxy hides the host from it', async ({
  asleep, shortTokens: _, page, recorder, signIn, untilTokenExpires, chat, wire,
}) => {
  // T45
  mayLog(statusError(401), statusError(503));
  await signIn();
  await untilTokenExpires();
  recorder.passHostOn(false);
  const refreshed = page.waitForResponse('**/api/refresh');
  await chat.ask('Are you there?');
  expect((await refreshed).status()).not.toBe(401);
  expect(recorder.tokenCalls('refresh_token')[0].answer.error_description).toBe('DPoP HTTP URL mismatch');

  recorder.passHostOn(true);
  await chat.retry.click();
  await chat.answered('Are you there?');
  expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
});

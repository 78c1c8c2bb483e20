// The stand-ins alone, used by a program that is not ours: npm's `openid-client`, and `fetch` for the model.

import { writeFileSync } from 'node:fs';

import * as oidc from 'openid-client';
import { expect, test as base } from '@playwright/test';

import { startStandIn, type StandIn } from '../fixtures/stand-in';

const redirectUri = 'http://localhost:9/callback';
const signedOutUri = 'http://localhost:9/signed-out';
const people = { dan: { claims: { groups: ['staff'], email: 'dan@corp.example' }, access_token_ttl: 60 } };

const test = base.extend<{ provider: StandIn; model: StandIn }>({
  provider: async ({}, use, testInfo) => {
    const file = testInfo.outputPath('people.json');
    writeFileSync(file, JSON.stringify(people));
    const provider = await startStandIn('mock-provider', [
      '--client-id', 'their-app', '--client-secret', 'secret', '--redirect-uri', redirectUri,
      '--post-logout-redirect-uri', signedOutUri, '--people', file,
    ]);
    await use(provider);
    await provider.stop();
  },
  model: async ({}, use) => {
    const model = await startStandIn('mock-model', []);
    await use(model);
    await model.stop();
  },
});

test('openid-client signs in by a login hint, reads userinfo, refreshes and signs out', async ({ provider }) => {
  const [issuer] = provider.urls;
  const config = await oidc.discovery(new URL(issuer), 'their-app', 'secret', undefined, {
    execute: [oidc.allowInsecureRequests],
  });
  const tokens = await signIn(config, 'dan');
  const claims = tokens.claims();
  expect(claims).toMatchObject({ iss: issuer, aud: 'their-app', groups: ['staff'], email: 'dan@corp.example' });
  expect(tokens.expires_in).toBe(60);
  expect(await oidc.fetchUserInfo(config, tokens.access_token, claims!.sub)).toMatchObject({ groups: ['staff'] });

  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!);
  expect(refreshed.refresh_token, 'it is rotated').not.toBe(tokens.refresh_token);
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.refreshTokenGrant(config, refreshed.refresh_token!), 'reuse ends the grant')
    .rejects.toMatchObject({ error: 'invalid_grant' });

  const again = await signIn(config, 'dan');
  const end = oidc.buildEndSessionUrl(config, { id_token_hint: again.id_token!, post_logout_redirect_uri: signedOutUri });
  expect((await fetch(end, { redirect: 'manual' })).headers.get('location')).toBe(signedOutUri);
  await expect(oidc.refreshTokenGrant(config, again.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('what a test changes in the provider, openid-client notices', async ({ provider }) => {
  const [issuer] = provider.urls;
  const config = await oidc.discovery(new URL(issuer), 'their-app', 'secret', undefined, {
    execute: [oidc.allowInsecureRequests],
  });
  await control('PUT', `${issuer}/__control/users/dan`, { id_token_claims: { aud: 'somebody-else' } });
  await expect(signIn(config, 'dan')).rejects.toMatchObject({ cause: { cause: { claim: 'aud' } } });
  await control('DELETE', `${issuer}/__control/users/dan`);
  await control('POST', `${issuer}/__control/clock`, { advance: -3600 });
  await expect(signIn(config, 'dan'), 'its clock is an hour behind').rejects.toMatchObject({ code: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED' });
});

test('the model repeats a question, and stalls where a test wants it', async ({ model }) => {
  const [baseUrl] = model.urls;
  const ask = (content: string, signal?: AbortSignal) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] }),
      signal,
    });
  expect(await (await ask('Is anybody there?')).text()).toContain('data: [DONE]');

  await control('POST', `${new URL(baseUrl).origin}/__control/scenario`, { when: 'stall please', name: 'no-head' });
  const impatient = ask('stall please', AbortSignal.timeout(500));
  await expect(impatient).rejects.toMatchObject({ name: 'TimeoutError' });
});

/** The code flow with PKCE, as a browser would go through it. */
async function signIn(config: oidc.Configuration, user: string) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    login_hint: user,
  });
  const response = await fetch(url, { redirect: 'manual' });
  const callback = new URL(response.headers.get('location')!);
  return oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState, expectedNonce });
}

async function control(method: string, url: string, body?: unknown) {
  const answer = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  expect(answer.ok, await answer.text()).toBe(true);
}

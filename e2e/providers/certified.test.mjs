// The certified provider by HTTP alone: what the specs take for granted about it.
// Run with `npm run test:provider`.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { basic, startCertifiedProvider } from './certified.mjs';

const client = {
  clientId: 'relying party',
  clientSecret: 'a:secret+with/50%',
  redirectUri: 'http://localhost:1/auth/callback',
};
let provider;

before(async () => {
  provider = await startCertifiedProvider({ port: 9491, ...client });
});
after(() => provider.close());

test('a code with the right verifier brings tokens that live as long as the test asked', async () => {
  await control('PUT', 'users/ttl', { access_token_ttl: 7 });
  const answer = await exchange(await authorize('ttl'));
  assert.equal(answer.status, 200);
  assert.equal(answer.body.expires_in, 7);
  assert.ok(answer.body.refresh_token && answer.body.id_token);
});

test('an authorization request without PKCE is refused', async () => {
  const { error } = await authorize('plain', { code_challenge: undefined, code_challenge_method: undefined });
  assert.equal(error, 'invalid_request');
});

test('a client secret in the body is refused', async () => {
  const { code, code_verifier } = await authorize('post');
  const answer = await token(
    { grant_type: 'authorization_code', code, code_verifier, redirect_uri: client.redirectUri,
      client_id: client.clientId, client_secret: client.clientSecret },
    {},
  );
  assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client']);
});

test('refresh tokens rotate, and an old one used again ends the grant', async () => {
  const first = await exchange(await authorize('rotation'));
  const second = await refresh(first.body.refresh_token);
  assert.equal(second.status, 200);
  assert.notEqual(second.body.refresh_token, first.body.refresh_token);

  const replay = await control('POST', 'users/rotation/replay');
  assert.deepEqual([replay.body.status, replay.body.error], [400, 'invalid_grant']);
  assert.equal((await refresh(second.body.refresh_token)).body.error, 'invalid_grant');

  const calls = (await control('GET', 'calls?user=rotation')).body;
  assert.deepEqual(
    calls.map(({ grant_type, outcome }) => `${grant_type} ${outcome}`),
    ['authorization_code ok', 'refresh_token ok', 'refresh_token invalid_grant', 'refresh_token invalid_grant'],
  );
});

test('a revoked user is refused at the next refresh and asked to sign in again', async () => {
  const jar = new Map();
  const first = await exchange(await authorize('revoked', {}, jar));
  await control('POST', 'users/revoked/revoke');
  assert.equal((await refresh(first.body.refresh_token)).body.error, 'invalid_grant');
  assert.match(await loginPage({}, jar), /name="login"/);
});

test('a client with a key is in FAPI 2.0: believed by its key alone, it must push its requests', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { clientId, redirectUri } = client;
  const strict = await startCertifiedProvider({
    port: 9492, clientId, redirectUri, clientKey: publicKey.export({ format: 'jwk' }),
  });
  try {
    const metadata = await (await fetch(`${strict.issuer}/.well-known/openid-configuration`)).json();
    assert.equal(metadata.require_pushed_authorization_requests, true);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.deepEqual(metadata.id_token_signing_alg_values_supported, ['ES256']);
    assert.ok(metadata.dpop_signing_alg_values_supported.includes('ES256'), 'it binds tokens to a key');
    const url = authorizationUrl('verifier', {}).replace(provider.issuer, strict.issuer);
    const unpushed = await fetch(url, { redirect: 'manual' });
    assert.equal(new URL(unpushed.headers.get('location')).searchParams.get('error'), 'invalid_request');
    const unproven = await fetch(metadata.pushed_authorization_request_endpoint, {
      method: 'POST',
      headers: { authorization: basic(clientId, client.clientSecret) },
      body: new URL(url).searchParams,
    });
    assert.deepEqual([unproven.status, (await unproven.json()).error], [401, 'invalid_client']);
  } finally {
    await strict.close();
  }
});

test('an unknown setting is named', async () => {
  const answer = await control('PUT', 'users/typo', { acess_token_ttl: 1 });
  assert.deepEqual([answer.status, answer.body.error], [400, 'unknown setting "acess_token_ttl"']);
});

async function control(method, path, body) {
  const answer = await fetch(`${provider.issuer}/__control/${path}`, { method, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

function authorizationUrl(code_verifier, changes) {
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: 'openid profile email',
    state: 'state',
    nonce: 'nonce',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  };
  const present = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${provider.issuer}/auth?${new URLSearchParams(present)}`;
}

async function loginPage(changes, jar) {
  return (await browse(authorizationUrl('verifier', changes), {}, jar)).text();
}

/** Signs in by the development pages; answers the authorization response's parameters. */
async function authorize(login, changes = {}, jar = new Map()) {
  const code_verifier = randomBytes(32).toString('base64url');
  let page = await browse(authorizationUrl(code_verifier, changes), {}, jar);
  for (const form of [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]) {
    if (!page.url.startsWith(provider.issuer)) break;
    page = await browse(page.url, { method: 'POST', body: new URLSearchParams(form) }, jar);
  }
  return { code_verifier, ...Object.fromEntries(new URL(page.url).searchParams) };
}

/** Follows redirects with cookies until a page, or until the relying party's address. */
async function browse(url, options, jar) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const answer = await fetch(url, { ...options, redirect: 'manual', headers: { cookie } });
  for (const set of answer.headers.getSetCookie()) {
    const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
    jar.set(name, value);
  }
  const location = answer.headers.get('location');
  if (!location) return { url, text: () => answer.text() };
  const next = new URL(location, url).href;
  return next.startsWith(provider.issuer) ? browse(next, {}, jar) : { url: next };
}

async function token(parameters, headers) {
  const answer = await fetch(`${provider.issuer}/token`, {
    method: 'POST', headers, body: new URLSearchParams(parameters),
  });
  return { status: answer.status, body: await answer.json() };
}

const authorization = { authorization: basic(client.clientId, client.clientSecret) };

const exchange = ({ code, code_verifier }) =>
  token({ grant_type: 'authorization_code', code, code_verifier, redirect_uri: client.redirectUri }, authorization);

const refresh = (refresh_token) => token({ grant_type: 'refresh_token', refresh_token }, authorization);

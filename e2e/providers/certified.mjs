// A certified OpenID provider that we did not write (panva's oidc-provider),
// set as strictly as a bank would: PKCE required, refresh tokens that rotate and
// end the grant when an old one is used again. It has one client, with a secret
// (client_secret_basic) or with a key: then it follows its FAPI 2.0 profile. It
// wants private_key_jwt (RFC 7523) with an assertion for the issuer alone,
// authorization requests that are pushed (RFC 9126), and for every token a proof
// of a key that it binds it to, with a nonce (DPoP, RFC 9449); it signs by ES256.
//
// In a terminal:  node providers/certified.mjs   (see `fixtures/servers.ts` for its variables)

import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Provider } from 'oidc-provider';

import { controlPlane, Refused } from './control.mjs';
import { Ledger } from './ledger.mjs';

/** Starts the provider; `close()` of the answer stops it. `clientKey`, the public half, takes the place of a secret.
 *  @param {{ port: number, clientId: string, clientSecret?: string, clientKey?: object, redirectUri: string,
 *    signedOutUri?: string, backchannelLogoutUri?: string }} options */
export async function startCertifiedProvider({
  port, clientId, clientSecret, clientKey, redirectUri, signedOutUri, backchannelLogoutUri,
}) {
  const issuer = `http://127.0.0.1:${port}`;
  const ledger = new Ledger();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        ...(clientKey ? keyAuthentication(clientKey) : secretAuthentication(clientSecret)),
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: signedOutUri ? [signedOutUri] : [],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        ...(backchannelLogoutUri && {
          backchannel_logout_uri: backchannelLogoutUri,
          backchannel_logout_session_required: true,
        }),
      },
    ],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    // Without this, only `offline_access` with `prompt=consent` brings a refresh token.
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    ttl: {
      AccessToken: (_, token) => ledger.settings(token.accountId).access_token_ttl,
      AuthorizationCode: 60,
      Grant: 3600,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
    },
    jwks: { keys: [clientKey ? ecKey() : rsaKey()] },
    ...(clientKey && { enabledJWA: fapiAlgorithms }),
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: !!backchannelLogoutUri },
      fapi: { enabled: !!clientKey, profile: '2.0' },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => !!clientKey },
      pushedAuthorizationRequests: { enabled: !!clientKey, requirePushedAuthorizationRequests: !!clientKey },
    },
    // Its own dispatcher calls nobody on loopback, and there the app is.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  });

  provider.use(
    controlPlane({
      ledger,
      endGrants: (user) => endGrants(provider, ledger, user),
      replaySuperseded: (user) => replaySuperseded(issuer, { clientId, clientSecret }, ledger, user),
    }),
  );
  if (!clientKey) provider.use(requireBasicAuthentication);
  provider.use(recordTokenCalls(ledger));

  const server = provider.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

function secretAuthentication(clientSecret) {
  return { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' };
}

function keyAuthentication(clientKey) {
  return {
    jwks: { keys: [{ ...clientKey, use: 'sig', alg: 'ES256' }] },
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true,
  };
}

/** Koa middleware: the provider itself also takes a `client_secret_basic` client's secret in the body. */
function requireBasicAuthentication(ctx, next) {
  if (ctx.path !== '/token' || /^Basic /i.test(ctx.get('authorization'))) return next();
  ctx.status = 401;
  ctx.body = { error: 'invalid_client', error_description: 'client_secret_basic is required' };
}

/** Koa middleware that writes down every call to the token endpoint. */
function recordTokenCalls(ledger) {
  return async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    const { params = {}, entities } = ctx.oidc;
    const user = entities.Account?.accountId ?? ledger.ownerOf(params.refresh_token);
    ledger.record({
      endpoint: 'token',
      user,
      grant_type: params.grant_type,
      outcome: ctx.body?.error ?? 'ok',
    });
    if (ctx.body?.refresh_token) ledger.issued(user, ctx.body.refresh_token);
    if (params.grant_type === 'refresh_token') await delay(ledger.takeDelay(user));
  };
}

/** As if an administrator had ended everything the user had: grants and single sign-on. */
async function endGrants(provider, ledger, user) {
  for (const value of ledger.refreshTokens(user)) {
    const refreshToken = await provider.RefreshToken.find(value);
    if (!refreshToken) continue;
    await (await provider.Grant.find(refreshToken.grantId))?.destroy();
    await (await provider.Session.findByUid(refreshToken.sessionUid))?.destroy();
  }
}

/** What a thief of the user's first refresh token would do, after it was rotated. */
async function replaySuperseded(issuer, { clientId, clientSecret }, ledger, user) {
  const [superseded, ...newer] = ledger.refreshTokens(user);
  if (!newer.length) throw new Refused(`no refresh token of "${user}" was superseded yet`);
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic(clientId, clientSecret) },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: superseded }),
  });
  return { status: answer.status, error: (await answer.json()).error ?? null };
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
export function basic(clientId, clientSecret) {
  const encoded = [clientId, clientSecret].map(encodeURIComponent).join(':');
  return `Basic ${btoa(encoded)}`;
}

function claimsOf(sub) {
  return { sub, name: `Certified ${sub}`, preferred_username: sub, email: `${sub}@example.test` };
}

/** FAPI 2.0 Security Profile §5.4.1. */
const fapiAlgorithms = {
  clientAuthSigningAlgValues: ['ES256', 'PS256'],
  dPoPSigningAlgValues: ['ES256', 'PS256'],
  idTokenSigningAlgValues: ['ES256', 'PS256'],
};

function rsaKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'certified', use: 'sig', alg: 'RS256' };
}

function ecKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'certified', use: 'sig', alg: 'ES256' };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const {
    PORT, CLIENT_ID, CLIENT_SECRET, CLIENT_KEY_FILE, REDIRECT_URI, SIGNED_OUT_URI, BACKCHANNEL_LOGOUT_URI,
  } = process.env;
  const { issuer } = await startCertifiedProvider({
    port: Number(PORT ?? 9481),
    clientId: CLIENT_ID ?? 'oracle-ai',
    clientSecret: CLIENT_SECRET ?? 'certified',
    clientKey: CLIENT_KEY_FILE && createPublicKey(readFileSync(CLIENT_KEY_FILE)).export({ format: 'jwk' }),
    redirectUri: REDIRECT_URI ?? 'http://localhost:8481/auth/callback',
    signedOutUri: SIGNED_OUT_URI ?? 'http://localhost:8481/signed-out',
    backchannelLogoutUri: BACKCHANNEL_LOGOUT_URI,
  });
  console.log(`certified provider at ${issuer}`);
}

// A complete login without a browser: what a client of the login and session endpoints has to send (RFC 9449), in one page.
//   node docs/login.mjs [http://localhost:8080] [user at the mock provider]
// The mock provider signs in the user that `login_hint` names; at another provider, a person signs in.
const [app = 'http://localhost:8080', user = 'alice'] = process.argv.slice(2);

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = async (text) => base64url(await crypto.subtle.digest('SHA-256', Buffer.from(text)));

// The key: P-256, its public half as a JWK with the members of RFC 7638 in their order.
const key = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', key.publicKey);
const jwk = { crv, kty, x, y };
const thumbprint = await sha256(JSON.stringify(jwk));

// The server's latest nonce: each answer brings the next (RFC 9449 §8.2).
let nonce;

// A proof for one request (RFC 9449 §4.2): its URL without the query.
async function proof(method, path, accessToken) {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk };
  const htu = (app + path).split('?')[0];
  const claims = { jti: crypto.randomUUID(), htm: method, htu, iat: Math.floor(Date.now() / 1000), nonce };
  if (accessToken) claims.ath = await sha256(accessToken);
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, Buffer.from(signed));
  return `${signed}.${base64url(signature)}`;
}

async function send(method, path, { body, accessToken }) {
  const headers = { dpop: await proof(method, path, accessToken) };
  if (body) headers['content-type'] = 'application/json';
  if (accessToken) headers.authorization = `DPoP ${accessToken}`;
  const answer = await fetch(app + path, { method, headers, body: body && JSON.stringify(body) });
  nonce = answer.headers.get('dpop-nonce') ?? nonce;
  return answer;
}

async function call(method, path, options = {}) {
  let answer = await send(method, path, options);
  // A nonce is good for two minutes: after a pause the server asks for the new one that it sends along (§8).
  if (answer.headers.get('www-authenticate')?.includes('use_dpop_nonce')) answer = await send(method, path, options);
  const json = await answer.json();
  console.log(method, path, answer.status, answer.ok ? '' : JSON.stringify(json));
  if (!answer.ok) process.exit(1);
  return json;
}

// 1. The login begins, bound to the key.
const { authorize_url } = await call('GET', `/api/authorize?dpop_jkt=${thumbprint}`);

// 2. The person signs in; the provider answers with a redirect to /auth/callback?code=…&state=….
const redirect = await fetch(`${authorize_url}&login_hint=${user}`, { redirect: 'manual' });
const { code, state, iss } = Object.fromEntries(new URL(redirect.headers.get('location')).searchParams);

// 3. The login ends, by the same key.
const { access_token, session, session_revision } = await call('POST', '/api/token', { body: { code, state, iss } });

// 4. A guarded endpoint; a new access token; sign-out. A refresh says which revision of the session this client has seen last
//    (each refresh answers with the next): a server whose store has lost it does not use the refresh token that it has.
await call('GET', '/api/chat', { accessToken: access_token });
await call('POST', '/api/refresh', { body: { session, session_revision } });
await call('POST', '/api/logout', { body: { session } });

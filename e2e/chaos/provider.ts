// An OpenID provider with refresh tokens that rotate, and that ends a grant when a superseded one is used again. It has no
// login page, and three ways to be ill.

import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { freePort, sleep } from './processes';

export type Condition = 'up' | 'down' | 'hanging' | 'flaky';

/** Of access tokens, in seconds. */
const LIFETIME = 20;
/** How many requests go wrong when it is flaky. */
const FAULTS = 0.1;
/** Two requests with one refresh token within this time are a mistake of the client's: no answer was lost yet. */
const CONCURRENT_MS = 500;

interface Grant {
  user: string;
  refreshToken: string;
  /** The one before. */
  predecessor?: string;
  /** When the current refresh token was issued. */
  issuedAt: number;
  isRevoked: boolean;
}

export class Provider {
  condition: Condition = 'up';
  readonly issuer: string;
  private readonly codes = new Map<string, { user: string; nonce: string }>();
  /** By each refresh token that was ever issued. */
  private readonly grants = new Map<string, Grant>();
  /** People whose grant ended as they came back with a superseded token, because the answer with its successor was lost. */
  private readonly losers = new Set<string>();
  private readonly key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  private constructor(port: number) {
    this.issuer = `http://127.0.0.1:${port}`;
    const server = createServer((request, response) => {
      this.handle(request, response).catch(() => request.socket.destroy());
    });
    server.keepAliveTimeout = 600_000;
    server.listen(port, '127.0.0.1');
  }

  static async start(): Promise<Provider> {
    return new Provider(await freePort());
  }

  /** The authorization response to this request: the person signs in without a page. */
  authorize(authorizeUrl: string, user: string) {
    const query = new URL(authorizeUrl).searchParams;
    const code = secret();
    this.codes.set(code, { user, nonce: query.get('nonce')! });
    return { code, state: query.get('state')!, iss: this.issuer };
  }

  /** Whether this person's session was lost with an answer of the provider, after the rotation. Asked once. */
  hasLostAnswer(user: string): boolean {
    return this.losers.delete(user);
  }

  private async handle(request: IncomingMessage, response: ServerResponse) {
    if (this.condition === 'down') return request.socket.destroy();
    if (this.condition === 'hanging') return;
    const path = request.url!.split('?')[0];
    if (path === '/.well-known/openid-configuration') return json(response, 200, this.metadata());
    if (path === '/keys') return json(response, 200, { keys: [this.jwk()] });
    const form = new URLSearchParams(await text(request));
    if (path === '/revoke') {
      const grant = this.grants.get(form.get('token') ?? '');
      if (grant) grant.isRevoked = true;
      return json(response, 200, {});
    }
    if (path !== '/token') return json(response, 404, {});
    if (this.condition === 'flaky' && Math.random() < FAULTS) return this.fail(form, request, response);
    const answer = this.token(form);
    json(response, 'error' in answer ? 400 : 200, answer);
  }

  /** One of four faults: an error, no answer, a late answer, and an answer that is lost after the rotation. */
  private async fail(form: URLSearchParams, request: IncomingMessage, response: ServerResponse) {
    switch (Math.floor(Math.random() * 4)) {
      case 0:
        return json(response, 503, { error: 'temporarily_unavailable' });
      case 1:
        return request.socket.destroy();
      case 2:
        await sleep(2_000);
        return json(response, 200, this.token(form));
      default:
        this.token(form);
        request.socket.destroy();
    }
  }

  private token(form: URLSearchParams): object {
    if (form.get('grant_type') === 'authorization_code') {
      const login = this.codes.get(form.get('code') ?? '');
      this.codes.delete(form.get('code') ?? '');
      return login ? this.issue({ user: login.user, refreshToken: '', issuedAt: 0, isRevoked: false }, login.nonce) : REFUSED;
    }
    const used = form.get('refresh_token') ?? '';
    const grant = this.grants.get(used);
    if (!grant || grant.isRevoked) return REFUSED;
    if (used !== grant.refreshToken) {
      grant.isRevoked = true;
      // The successor, which nobody has used, is all that is missing.
      if (used === grant.predecessor && Date.now() - grant.issuedAt > CONCURRENT_MS) this.losers.add(grant.user);
      return REFUSED;
    }
    return this.issue(grant);
  }

  private issue(grant: Grant, nonce?: string) {
    grant.predecessor = grant.refreshToken;
    grant.refreshToken = secret();
    grant.issuedAt = Date.now();
    this.grants.set(grant.refreshToken, grant);
    return {
      access_token: secret(),
      token_type: 'Bearer',
      expires_in: LIFETIME,
      refresh_token: grant.refreshToken,
      id_token: this.idToken(grant.user, nonce),
    };
  }

  private idToken(sub: string, nonce?: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub, aud: CLIENT.id, iat: now, exp: now + 300, name: sub, ...(nonce && { nonce }) };
    const signed = [{ alg: 'ES256', kid: 'chaos' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    return `${signed}.${signature(signed, this.key.privateKey)}`;
  }

  private jwk() {
    return { ...this.key.publicKey.export({ format: 'jwk' }), kid: 'chaos', alg: 'ES256', use: 'sig' };
  }

  private metadata() {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      revocation_endpoint: `${this.issuer}/revoke`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
    };
  }
}

export const CLIENT = { id: 'chaos', secret: 'not a secret' };

const REFUSED = { error: 'invalid_grant' };

/** By this ES256 key, as in a JWS. */
export function signature(text: string, key: KeyObject): string {
  return createSign('SHA256').update(text).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64url');
}

export const base64url = (text: string) => Buffer.from(text).toString('base64url');

export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

const secret = () => randomBytes(24).toString('base64url');

function json(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

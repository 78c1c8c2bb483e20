// Somebody who has read tokens on their way, and the client's secret with them, but has no key of the app's server: only one of
// their own. They call Keycloak itself, past the recorder.

import { createHash, generateKeyPairSync, randomUUID, sign, type JsonWebKey } from 'node:crypto';

import { keycloak } from '../fixtures/servers';
import { tokenPath, userinfoPath, type Recorded, type TokenAnswer } from './recorder';

export interface Answered {
  status: number;
  body: TokenAnswer;
}

export class Thief {
  private readonly key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  private readonly jwk = this.key.publicKey.export({ format: 'jwk' });
  readonly thumbprint = thumbprint(this.jwk);

  /** Sends this refresh token with the credentials of a recorded call. Its proof is new: a proof that is
   *  replayed would be refused before Keycloak looks at the token. */
  refresh({ headers }: Recorded, refreshToken: string): Promise<Answered> {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    return call('POST', tokenPath, { authorization: headers.authorization!, dpop: this.proof('POST', tokenPath) }, body);
  }

  /** Asks who the person of this access token is. */
  userinfo(token: string, how: 'as a bearer token' | 'without a proof' | 'with a proof'): Promise<Answered> {
    const scheme = how === 'as a bearer token' ? 'Bearer' : 'DPoP';
    const proof: Record<string, string> = how === 'with a proof' ? { dpop: this.proof('GET', userinfoPath, token) } : {};
    return call('GET', userinfoPath, { authorization: `${scheme} ${token}`, ...proof });
  }

  /** RFC 9449 §4.2. */
  private proof(method: string, path: string, token?: string): string {
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk };
    const claims = {
      jti: randomUUID(), htm: method, htu: keycloak.itself.origin + path, iat: Math.floor(Date.now() / 1000),
      ...(token ? { ath: sha256(token) } : {}),
    };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: this.key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** RFC 7638, of a key on P-256. */
export const thumbprint = ({ crv, kty, x, y }: JsonWebKey) => sha256(JSON.stringify({ crv, kty, x, y }));

async function call(method: string, path: string, headers: Record<string, string>, body?: URLSearchParams): Promise<Answered> {
  const answer = await fetch(keycloak.itself.origin + path, { method, headers, body });
  const text = await answer.text();
  return { status: answer.status, body: (text ? JSON.parse(text) : {}) as TokenAnswer };
}

// Keycloak's Admin REST API, as far as the tests need it: people, their sessions, what happened, and keys.

import { randomBytes } from 'node:crypto';

import { client, keycloak } from '../fixtures/servers';

/** A new one for each run. */
export const administrator = { name: 'admin', password: (process.env.KEYCLOAK_ADMIN_PASSWORD ??= randomBytes(12).toString('hex')) };

export interface Person {
  id: string;
  name: string;
  password: string;
}

/** What Keycloak has noted of a call or a page. */
export interface Noted {
  type: string;
  error?: string;
  details: Record<string, string>;
}

const realm = `${keycloak.itself.origin}/admin/realms/chat`;

export class Administration {
  /** Somebody who may use the app. */
  async newPerson(): Promise<Person> {
    const name = `u-${randomBytes(5).toString('hex')}`;
    const password = randomBytes(9).toString('base64url');
    await this.call('POST', 'users', {
      username: name, enabled: true, email: `${name}@example.com`, emailVerified: true, firstName: 'Ada', lastName: 'Example',
      credentials: [{ type: 'password', value: password }],
    });
    const [{ id }] = await this.call<{ id: string }[]>('GET', `users?exact=true&username=${name}`);
    await this.changeRoles('POST', id);
    return { id, name, password };
  }

  async withdrawRoles({ id }: Person) {
    await this.changeRoles('DELETE', id);
  }

  /** The ids of the person's sessions. */
  async sessions({ id }: Person): Promise<string[]> {
    const sessions = await this.call<{ id: string }[]>('GET', `users/${id}/sessions`);
    return sessions.map((session) => session.id);
  }

  async endSession(session: string) {
    await this.call('DELETE', `sessions/${session}`);
  }

  /** In the order in which it happened. */
  async noted({ id }: Person, ...types: string[]): Promise<Noted[]> {
    const query = new URLSearchParams([['user', id], ['direction', 'asc'], ...types.map((type) => ['type', type])]);
    return this.call('GET', `events?${query}`);
  }

  /** For tokens of the app that are issued from now on. */
  async setAccessTokenLifetime(seconds: number) {
    const app = await this.app();
    const attributes = { ...app.attributes, 'access.token.lifespan': String(seconds) };
    await this.call('PUT', `clients/${app.id}`, { ...app, attributes });
  }

  /** A signing key that is preferred to all that there were. */
  async addSigningKey() {
    const { id } = await this.call<{ id: string }>('GET', '');
    const keys = await this.call<{ config: { priority?: string[] } }[]>('GET', `components?parent=${id}&type=${keyProvider}`);
    const highest = Math.max(...keys.map(({ config }) => Number(config.priority?.[0] ?? 0)));
    await this.call('POST', 'components', {
      name: `key ${randomBytes(4).toString('hex')}`, parentId: id, providerType: keyProvider, providerId: 'rsa-generated',
      config: { algorithm: ['RS256'], priority: [String(highest + 100)] },
    });
  }

  private async changeRoles(method: 'POST' | 'DELETE', person: string) {
    const app = await this.app();
    const roles = await this.call<object[]>('GET', `clients/${app.id}/roles`);
    await this.call(method, `users/${person}/role-mappings/clients/${app.id}`, roles);
  }

  private async app() {
    const [found] = await this.call<{ id: string; attributes: object }[]>('GET', `clients?clientId=${client.clientId}`);
    return found;
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${realm}/${path}`.replace(/\/$/, ''), {
      method,
      headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

const keyProvider = 'org.keycloak.keys.KeyProvider';

/** It is good for a minute: each call has its own. */
async function accessToken(): Promise<string> {
  const answer = await fetch(`${keycloak.itself.origin}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password', client_id: 'admin-cli', username: administrator.name, password: administrator.password,
    }),
  });
  const body = (await answer.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`the administrator is refused: ${JSON.stringify(body)}`);
  return body.access_token;
}

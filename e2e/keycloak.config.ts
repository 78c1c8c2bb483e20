// A real Keycloak, started by this run in its development mode, with nothing stored: `scripts/test keycloak` downloads it and
// says where it is (`KEYCLOAK_HOME`).

import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig } from '@playwright/test';

import { administrator } from './keycloak/administration';
import { client, keycloak } from './fixtures/servers';
import release from './playwright.config';

const home = process.env.KEYCLOAK_HOME;
if (!home) throw new Error('KEYCLOAK_HOME is not set: run scripts/test keycloak');

// Before Keycloak starts, and not again in each worker.
if (process.env.TEST_WORKER_INDEX === undefined) {
  const realms = path.join(home, 'data/import');
  mkdirSync(realms, { recursive: true });
  copyFileSync(fileURLToPath(new URL('keycloak/realm.json', import.meta.url)), path.join(realms, 'chat-realm.json'));
}

export default defineConfig({
  ...release,
  testDir: 'keycloak',
  // Keycloak alone can keep two processors busy.
  timeout: 5 * 60_000,
  expect: { timeout: 60_000 },
  // They share a realm, and some change it.
  workers: 1,
  projects: [{ name: 'keycloak', use: { baseURL: keycloak.app.origin } }],
  webServer: {
    name: 'Keycloak',
    command: [
      path.join(home, 'bin/kc.sh'), 'start-dev', '--import-realm', '--db=dev-mem', '--cache=local', '--http-host=127.0.0.1',
      `--http-port=${keycloak.itself.port}`, `--hostname=${keycloak.recorder.origin}`,
    ].join(' '),
    env: {
      KC_BOOTSTRAP_ADMIN_USERNAME: administrator.name,
      KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
      APP_CLIENT_ID: client.clientId,
      APP_CLIENT_SECRET: client.clientSecret,
      APP_ORIGIN: keycloak.app.origin,
    },
    // It answers once the realm is imported.
    url: `${keycloak.itself.origin}/realms/chat/.well-known/openid-configuration`,
    reuseExistingServer: false,
    timeout: 5 * 60_000,
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
  },
});

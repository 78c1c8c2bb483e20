// The `test` of these specs: the app with the settings of `docs/providers.md`, in front of Keycloak, and a person who is
// registered there.

import { keycloakLoginPage } from '../pages/login';
import { documented } from '../fixtures/documented';
import { foreignProvider, keycloak as at, startApp } from '../fixtures/servers';
import { test as base } from '../fixtures/test';
import { Administration, type Person } from './administration';
import { startRecorder, type Recorder } from './recorder';

interface Fixtures {
  person: Person;
  /** Access tokens of the sign-in that follows are good for four seconds. */
  shortTokens: void;
}

interface WorkerFixtures {
  keycloak: Administration;
  /** The requests of the app's server to Keycloak in this test, with their responses. */
  recorder: Recorder;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  keycloak: [({}, use) => use(new Administration()), { scope: 'worker' }],

  recorder: [
    async ({}, use) => {
      const recorder = await startRecorder();
      const issuer = `${at.recorder.origin}/realms/chat`;
      const settings = documented('Keycloak', at.recorder.origin);
      const stop = await startApp({ ...foreignProvider(at.app.port, issuer), ...settings, OIDC_DPOP: 'required' });
      await use(recorder);
      await stop();
      await recorder.stop();
    },
    { scope: 'worker', auto: true },
  ],

  person: async ({ keycloak, recorder }, use) => {
    recorder.reset();
    await use(await keycloak.newPerson());
  },
  user: () => {
    throw new Error('Keycloak knows nothing of the mock’s users: take `person`');
  },
  login: ({ page, person }, use) => use(keycloakLoginPage(page, person.password)),
  signIn: ({ page, person, login, chat }, use) =>
    use(async (path = '/chat') => {
      await page.goto(path);
      await login.signInAs(person.name);
      await chat.isOpen();
    }),

  shortTokens: async ({ keycloak }, use) => {
    await keycloak.setAccessTokenLifetime(4);
    await use();
    await keycloak.setAccessTokenLifetime(300);
  },
});

export { expect, mayLog, statusError } from '../fixtures/test';

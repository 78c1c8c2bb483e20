// The development build, made and served by `scripts/serve`: one test that it comes up and works. All else is tested on
// a release build, with playwright.config.ts.

import { defineConfig } from '@playwright/test';

import { app, ownMock, provider } from './fixtures/servers';
import { type Options } from './fixtures/test';
import release from './playwright.config';

export default defineConfig<Options>({
  ...release,
  projects: [
    {
      name: 'development',
      testMatch: 'development.spec.ts',
      use: { identityProvider: 'mock', baseURL: app.mock.origin },
    },
  ],
  webServer: {
    command: `../scripts/serve --port ${app.mock.port}`,
    env: ownMock({ app: app.mock.port, provider: provider.mock.port }),
    url: `${app.mock.origin}/livez`,
    reuseExistingServer: false,
    // It is compiled first.
    timeout: 30 * 60_000,
    stdout: 'pipe',
    stderr: 'pipe',
    // dx stops the server that it has started.
    gracefulShutdown: { signal: 'SIGINT', timeout: 10_000 },
  },
});

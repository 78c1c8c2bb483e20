import { defineConfig, devices } from '@playwright/test';

import { type Options } from './fixtures/test';
import { app, servers, servesRelease } from './fixtures/servers';

// Debian's browser in a container: no sandbox to be had, and nobody to phone home to.
const debianChromium = process.env.CHROMIUM_PATH && {
  executablePath: process.env.CHROMIUM_PATH,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

// What only the release build can show.
const releaseSpecs = ['content-security.spec.ts', 'page-load.spec.ts', 'lighthouse.spec.ts'];

export default defineConfig<Options>({
  testDir: 'specs',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // A busy machine is slow, and that is no failure.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: Number(process.env.E2E_WORKERS ?? 2),
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    ...devices['Desktop Chrome'],
    launchOptions: debianChromium || {},
    trace: 'retain-on-failure',
  },
  projects: servesRelease ? [
    {
      name: 'release',
      testMatch: [...releaseSpecs, 'performance.spec.ts'],
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
    },
  ] : [
    {
      name: 'mock',
      testIgnore: releaseSpecs,
      use: { identityProvider: 'mock', baseURL: app.mock.origin },
      grepInvert: /@certified/,
    },
    {
      name: 'certified',
      testIgnore: releaseSpecs,
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
      grep: /@every-provider|@certified/,
    },
  ],
  webServer: servers.map((server) => ({ ...server, reuseExistingServer: false, timeout: 30_000, stderr: 'pipe' })),
});

import { defineConfig, devices } from '@playwright/test';

import { type Options } from './fixtures/test';
import { app, servers } from './fixtures/servers';

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

// What is measured, with nothing else running, and what development.config.ts runs.
const figures = ['page-load.spec.ts', 'performance.spec.ts', 'lighthouse.spec.ts'];
const notBehaviour = [...figures, 'development.spec.ts'];

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
  projects: [
    {
      name: 'mock',
      testIgnore: notBehaviour,
      use: { identityProvider: 'mock', baseURL: app.mock.origin },
      grepInvert: /@certified/,
    },
    {
      name: 'certified',
      testIgnore: notBehaviour,
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
      grep: /@every-provider|@certified/,
    },
    {
      name: 'figures',
      testMatch: figures,
      workers: 1,
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
    },
  ],
  webServer: servers.map((server) => ({ ...server, reuseExistingServer: false, timeout: 30_000, stderr: 'pipe' })),
});

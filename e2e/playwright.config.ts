import { availableParallelism } from 'node:os';

import { defineConfig } from '@playwright/test';

import { chromium, firefox, ownWebKit } from './fixtures/engines';
import { type Options } from './fixtures/test';
import { app, servers } from './fixtures/servers';

// What is measured, with nothing else running, and what development.config.ts runs.
const figures = ['page-load.spec.ts', 'performance.spec.ts', 'lighthouse.spec.ts'];
const notBehaviour = [...figures, 'development.spec.ts'];
const ofFirefox = 'firefox.spec.ts';

/** In engines besides Chromium: the tests with the tag, or all of the mock's. */
const inOtherEngines = {
  testIgnore: notBehaviour,
  grep: process.env.ALL_ENGINES ? /./ : /@engines/,
  grepInvert: /@certified/,
};
const atMock = { identityProvider: 'mock', baseURL: app.mock.origin } as const;

export default defineConfig<Options>({
  testDir: 'specs',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A failed test runs once more, to record a trace, which would make every test slower by a third. It has failed all the same.
  retries: 1,
  failOnFlakyTests: true,
  // A busy machine is slow, and that is no failure.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // Twice the processors, as a test mostly waits.
  workers: Number(process.env.E2E_WORKERS ?? Math.min(2 * availableParallelism(), 8)),
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    ...chromium,
    trace: 'on-first-retry',
    actionTimeout: 60_000,
  },
  projects: [
    {
      name: 'mock',
      testIgnore: [...notBehaviour, ofFirefox],
      use: atMock,
      grepInvert: /@certified/,
    },
    {
      name: 'certified',
      testIgnore: [...notBehaviour, ofFirefox],
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
      grep: /@every-provider|@certified/,
    },
    // Firefox takes longer to begin, above all on a busy machine.
    { name: 'firefox', ...inOtherEngines, expect: { timeout: 40_000 }, use: { ...firefox, ...atMock } },
    ...(ownWebKit
      ? [{ name: 'webkit', ...inOtherEngines, testIgnore: [...notBehaviour, ofFirefox], use: { ...ownWebKit, ...atMock } }]
      : []),
    {
      name: 'figures',
      testMatch: figures,
      workers: 1,
      use: { identityProvider: 'certified', baseURL: app.certified.origin },
    },
  ],
  webServer: servers.map((server) => ({ ...server, reuseExistingServer: false, timeout: 30_000, stderr: 'pipe' })),
});

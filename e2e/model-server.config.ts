// Answers of llama.cpp's own server: `scripts/test model-server`, which installs it. In no other run, as a busy machine takes
// minutes for it.

import { defineConfig } from '@playwright/test';

import { type Options } from './fixtures/test';
import release from './playwright.config';

export default defineConfig<Options>({
  ...release,
  testDir: 'model-server',
  // Each test has an app and model servers of its own, at the same ports.
  workers: 1,
  webServer: [],
  timeout: 20 * 60_000,
  projects: [{ name: 'model-server', use: { identityProvider: 'mock' } }],
});

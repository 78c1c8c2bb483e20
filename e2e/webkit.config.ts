// A person's journey in WebKitGTK, which Playwright can't drive: `webkit/` does it by WebDriver. What runs the tests and
// reports them is Playwright's runner all the same.

import { defineConfig } from '@playwright/test';

import release from './playwright.config';

export default defineConfig({
  ...release,
  testDir: 'webkit',
  use: {},
  // Each test has a server of its own.
  webServer: [],
  projects: [{ name: 'webkitgtk' }],
});

// Lighthouse on the chat page, signed in. It is installed separately (`npm ci --prefix lighthouse`), and skipped where it
// is not: its score for speed depends on the machine as much as on the app.

import { chromium } from '@playwright/test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { loginPageOf } from '../pages/login';

const module = path.resolve('lighthouse/node_modules/lighthouse/core/index.js');
const WANTED = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

/** What a category's score is made of. */
interface Audited {
  id: string;
  weight: number;
}

test.skip(!existsSync(module), 'Lighthouse is not installed: npm ci --prefix lighthouse');

for (const form of ['desktop', 'mobile'] as const) {
  test(`the chat page is quick, accessible and built as it should be: ${form}`, async ({
    baseURL, user, identityProvider, launchOptions,
  }) => {
    test.setTimeout(180_000);
    const { default: lighthouse, desktopConfig } = await import(module);
    const profile = mkdtempSync(path.join(tmpdir(), 'lighthouse-'));
    const port = await freePort();
    const context = await chromium.launchPersistentContext(profile, {
      ...launchOptions,
      baseURL,
      args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`],
    });
    try {
      const page = await context.newPage();
      await page.goto('/chat');
      await loginPageOf(identityProvider, page).signInAs(user.name);
      await chatPage(page).isOpen();
      await page.goto('about:blank');
      const settings = { port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES, disableStorageReset: true };
      const { lhr } = await lighthouse(`${baseURL}/chat`, settings, form === 'desktop' ? desktopConfig : undefined);

      expect(lhr.finalDisplayedUrl).toBe(`${baseURL}/chat`);
      const scores = Object.fromEntries(CATEGORIES.map((id) => [id, Math.round(lhr.categories[id].score * 100)]));
      const figures = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift'];
      console.log(form, scores, Object.fromEntries(figures.map((id) => [id, lhr.audits[id].displayValue])));
      for (const id of CATEGORIES) {
        const lost = lhr.categories[id].auditRefs.filter((it: Audited) => it.weight && (lhr.audits[it.id].score ?? 1) < 0.9);
        const why = lost.map((it: Audited) => `${it.id} ${lhr.audits[it.id].displayValue ?? ''}`).join(', ');
        expect.soft(scores[id], `${id}: ${why}`).toBeGreaterThanOrEqual(WANTED);
      }
    } finally {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
}

async function freePort() {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

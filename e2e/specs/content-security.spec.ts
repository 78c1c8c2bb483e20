// What the Content-Security-Policy allows and forbids, and how files are cached, in front of a provider that is not ours.

import type { BrowserContext, Page } from '@playwright/test';

import { expect, mayLog, statusError, test as base } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { signedOutPage } from '../pages/signed-out';

const test = base.extend<{
  /** Everything that a page's content security policy blocked, in any tab; a test fails with the first. */
  violations: string[];
}>({
  violations: [
    async ({ context, page }, use) => {
      const violations: string[] = [];
      await watch(context, violations);
      listen(page, violations);
      context.on('page', (tab) => listen(tab, violations));
      await use(violations);
      expect(violations).toEqual([]);
    },
    { auto: true },
  ],
});

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

test('a person signs in, chats, stops, copies, exports, reloads, opens a tab and signs out', { tag: '@certified' }, async ({
  context, page, signIn, chat, login, sidebar,
}) => {
  // T92
  await signIn();
  await chat.ask('What are latches?');
  await chat.answered('What are latches?');

  await chat.ask('/sql');
  const answer = chat.answers.last();
  await expect(chat.send).toBeVisible();
  await answer.getByRole('button', { name: 'Copy code' }).first().click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/select/i);

  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 3');
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped');

  await sidebar.more('What are latches?');
  const download = page.waitForEvent('download');
  await sidebar.item('Export as Markdown').click();
  expect((await download).suggestedFilename()).toMatch(/\.md$/);
  await page.keyboard.press('Escape');

  await page.reload();
  await chat.isOpen();
  await expect(chat.answers.first()).toContainText('What are latches?');

  const tab = await context.newPage();
  await tab.goto('/chat');
  await chatPage(tab).ask('And here?');
  await chatPage(tab).answered('And here?');

  await chat.signOut.click();
  await login.confirmSignOut();
  await signedOutPage(page).everywhere();
});

test('the pages that nobody is signed in for break no policy either', { tag: '@certified' }, async ({ page, callback }) => {
  mayLog(statusError(404));
  // T92
  for (const path of ['/no/such/page', '/signed-out']) {
    await page.goto(path);
    await expect(page.getByRole('link', { name: /chat|sign in/i })).toBeVisible();
  }
  await page.goto('/no/such/page');
  await expect(page.getByText('/no/such/page')).toBeVisible();
  await page.goto('/auth/callback');
  await callback.says('nothingToFinish');
});

test('a script that somebody gets into a page does not run', { tag: '@certified' }, async ({ page, violations }) => {
  mayLog("This document requires 'Trusted", "Connecting to 'http://127.0.0.1:9/'", 'Fetch API cannot load', "Loading the image 'http://127.0.0.1:9/x'");
  // T92
  await page.goto('/signed-out');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const ran = await page.evaluate(async () => {
    const attempts: Record<string, () => unknown> = {
      inline: () => document.body.append(Object.assign(document.createElement('script'), { textContent: 'ran = 1' })),
      markup: () => (document.body.innerHTML += '<img src=x onerror="ran = 1">'),
      eval: () => window.eval('ran = 1'),
      elsewhere: () => document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/x' })),
    };
    // Later: what is evaluated for the test itself may use `eval`, although the policy forbids it.
    await new Promise((then) => setTimeout(then));
    for (const attempt of Object.values(attempts)) {
      try {
        attempt();
      } catch {
        // Trusted Types throw.
      }
    }
    await fetch('http://127.0.0.1:9/').catch(() => {});
    return 'ran' in window;
  });
  expect(ran).toBe(false);
  // That it is noticed proves that the other tests would notice.
  await expect.poll(() => violations.join('\n')).toContain('connect-src');
  await expect.poll(() => violations.join('\n')).toContain('require-trusted-types-for');
  violations.length = 0;
});

test('files are small, cached permanently, and never requested twice', { tag: '@certified' }, async ({ page }) => {
  const files: { url: string; headers: Record<string, string> }[] = [];
  const hints: string[] = [];
  page.on('console', (message) => {
    if (/preload/i.test(message.text())) hints.push(message.text());
  });
  page.on('response', (answer) => {
    if (answer.url().includes('/assets/')) files.push({ url: answer.url(), headers: answer.headers() });
  });
  await page.goto('/signed-out');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect.poll(() => files.filter(({ url }) => /\.(wasm|js|css)$/.test(url)).length).toBeGreaterThanOrEqual(3);
  // The page asks for its WebAssembly before the script does, and the script takes what has come.
  expect(files.map(({ url }) => url)).toEqual([...new Set(files.map(({ url }) => url))]);
  expect(hints).toEqual([]);
  for (const { url, headers } of files) {
    expect(headers['cache-control'], url).toBe('public, max-age=31536000, immutable');
    // Plain http: browsers offer gzip alone, except on loopback.
    if (/\.(wasm|js|css)$/.test(url)) expect(headers['content-encoding'], url).toMatch(/^(br|gzip)$/);
  }
});

async function watch(context: BrowserContext, violations: string[]) {
  await context.exposeBinding('__violation', (_, violation: string) => violations.push(violation));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const violation = `${event.effectiveDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber} ${event.sample}`;
      (window as unknown as { __violation: (text: string) => void }).__violation(violation);
    });
  });
}

function listen(page: Page, violations: string[]) {
  page.on('console', (message) => {
    // The provider's own pages have a policy of their own, and their own mistakes.
    const isOurs = message.location().url.startsWith('http://localhost');
    if (isOurs && /content security policy|trusted ?type/i.test(message.text())) violations.push(message.text());
  });
}

// Several servers: an answer is followed at another server than the one that writes it.

import type { Page } from '@playwright/test';

import { startCertifiedProvider } from '../providers/certified.mjs';
import { startReplicas, type Replicas } from '../fixtures/replicas';
import { client, portsOfWorker } from '../fixtures/servers';
import { expect, mayLog, noAnswer, statusError, test as base } from '../fixtures/test';
import { certifiedLoginPage } from '../pages/login';

const test = base.extend<{ replicas: Replicas }>({
  replicas: async ({ page, user, chat }, use) => {
    const ports = portsOfWorker(base.info().parallelIndex);
    const replicas = await startReplicas(ports);
    const provider = await startCertifiedProvider({
      ...client, port: ports.provider, redirectUri: `${replicas.origin}/auth/callback`,
    });
    await page.goto(`${replicas.origin}/chat`);
    await certifiedLoginPage(page).signInAs(user.name);
    await chat.isOpen();
    await use(replicas);
    await replicas.stop();
    await provider.close();
  },
});

test('a reload in the middle of an answer loses nothing', async ({ page, chat, replicas: _ }) => {
  // The answer takes a minute where nothing else runs.
  test.slow();
  mayLog(noAnswer);
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 5,');
  await page.reload();
  await expect(chat.answers.last()).toContainText('word 20,');
  await expect(chat.stop).toBeVisible();
  await expect(chat.stop, 'it ends').toBeHidden({ timeout: 180_000 });
  await expect(chat.failure).toHaveCount(0);
  const shown = await chat.answers.last().innerText();
  await page.reload();
  await expect(chat.answers.last(), 'what was shown is what is stored').toHaveText(shown, { useInnerText: true });
});

test('the answer of a server that is lost ends honestly, keeps its text, and the chat goes on', async ({ page, chat, replicas }) => {
  mayLog(noAnswer, statusError(503));
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 5,');
  await replicas.killWriter();
  await expect(chat.answers.last(), 'it says that it ended early').toContainText('broke off before its end', { timeout: 30_000 });
  await expect(chat.answers.last()).toContainText('word 5,');
  const shown = await chat.answers.last().locator('.markdown').innerText();
  await page.reload();
  await expect(chat.answers.last().locator('.markdown'), 'what was shown is what is stored').toHaveText(shown, { useInnerText: true });
  await chat.ask('Are you there?');
  await chat.answered('Are you there?');
});

test('after Redis has lost a refresh, the page signs in again without a click, and the provider keeps the grant', async ({
  page, chat, wire, replicas,
}) => {
  mayLog(noAnswer, statusError(401));
  const [session] = replicas.redis('KEYS', 'oracle-ai:session:*');
  expect(replicas.redis('COPY', session, 'earlier')).toEqual(['1']);
  await page.reload();
  await chat.isOpen();
  await expect.poll(() => storedRevision(page)).toBe(1);
  // As after a crash without an append-only file.
  expect(replicas.redis('COPY', 'earlier', session, 'REPLACE')).toEqual(['1']);

  await page.reload();
  // A provider that has ended the grant asks for consent again.
  await chat.isOpen();
  expect(await wire.statuses('POST', '/api/refresh')).toEqual({ 200: 1, 401: 1 });
  await chat.ask('Are you there?');
  await chat.answered('Are you there?');
});

/** The revision of its session that this browser has seen last. */
function storedRevision(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const database = await done(indexedDB.open('oracle-ai'));
    const seen = await done(database.transaction('browser').objectStore('browser').get('session_revision'));
    database.close();
    return JSON.parse(seen).revision;
  });
}

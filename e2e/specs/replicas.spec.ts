// Several servers: an answer is followed at another server than the one that writes it.

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
  mayLog(noAnswer);
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 5,');
  await page.reload();
  await expect(chat.answers.last()).toContainText('word 20,');
  await expect(chat.stop).toBeVisible();
  await expect(chat.stop, 'it ends').toBeHidden({ timeout: 60_000 });
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

// What a person does with all that is stored: takes it along, deletes it, and finds things in it.

import { readFile } from 'node:fs/promises';

import { expectAccessible } from '../fixtures/axe';
import { needs } from '../fixtures/engines';
import { expect, mayLog, noAnswer, test } from '../fixtures/test';

test('a person exports everything of theirs as one file', async ({ page, browserName, signIn, chat, sidebar, words }) => {
  needs(browserName, 'downloads');
  mayLog(noAnswer);
  await signIn();
  for (const text of ['First of two', 'Second of two']) {
    await chat.ask(text);
    await chat.answered(text);
    await sidebar.create.click();
    await expect(chat.emptyHeading).toBeVisible();
  }
  await chat.account.choose(words.privacy);
  const { dialog } = sidebar;
  await expect(dialog).toContainText('They are kept until you delete them.');
  await page.route('**/api/conversations/export?*', (route) => route.abort(), { times: 1 });
  await dialog.getByRole('button', { name: words.exportAll }).click();
  await expect(dialog.getByRole('alert')).toContainText('The connection was lost');
  await expect(dialog.getByRole('status')).toHaveText('');

  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: words.exportAll }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('oracle-ai.zip');
  const archive = await readFile(await file.path(), 'latin1');
  for (const name of ['markdown/0001-second-of-two.md', 'json/0002-first-of-two.json']) expect(archive).toContain(name);
  await expect(dialog.getByRole('status')).toContainText('The file is saved');
  await expect(dialog.getByRole('alert')).toHaveCount(0);
  await expectAccessible(page, 'exported');
});

test('a person deletes everything, by the keyboard, after a question', async ({ page, signIn, chat, sidebar, words }) => {
  mayLog(noAnswer);
  await signIn();
  await chat.ask('Goes');
  await chat.answered('Goes');
  await sidebar.choose('Goes', words.pin);
  await expect(sidebar.list.getByRole('heading')).toHaveText([words.pinned]);
  await sidebar.create.click();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  const { dialog } = sidebar;
  const ask = async () => {
    await chat.account.focusByArrows(chat.account.item(words.privacy));
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: words.deleteAll }).press('Enter');
    await expect(dialog).toContainText('This can’t be undone');
    await expect(dialog.getByRole('button', { name: words.cancel }), 'the harmless one has the focus').toBeFocused();
  };
  await chat.account.button.press('ArrowDown');
  await ask();
  await expectAccessible(page, 'asked whether to delete everything');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(sidebar.entries).toHaveCount(2);

  // Nothing is shown as done before the server has answered.
  await page.route('**/api/conversations/delete', (route) => route.abort(), { times: 1 });
  await chat.account.button.press('ArrowDown');
  await ask();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('The connection was lost');
  await expect(sidebar.entries).toHaveCount(2);
  await expect(dialog.getByRole('status')).toHaveText('');

  await dialog.getByRole('button', { name: words.deleteAllNow }).press('Enter');
  await expect(dialog.getByRole('status')).toHaveText('All your conversations are deleted.');
  await expect(dialog.getByRole('button', { name: words.close })).toBeFocused();
  await expectAccessible(page, 'everything is deleted');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/chat');
  await expect(sidebar.entries).toHaveCount(0);
  await expect(chat.message).toBeEnabled();
  await page.reload();
  await chat.isOpen();
  await expect(sidebar.entries).toHaveCount(0);
});

test.describe('where conversations are kept for a while', () => {
  test.use({ appSettings: { CHAT_RETENTION_DAYS: '90' } });

  test('a person reads for how long', async ({ signIn, chat, sidebar, words }) => {
    await signIn();
    await chat.account.choose(words.privacy);
    await expect(sidebar.dialog).toContainText('Each is deleted 90 days after its last question');
  });
});

test('a pinned conversation is above all others, and the focus stays with it', async ({ page, signIn, chat, sidebar, words }) => {
  mayLog(noAnswer);
  await signIn();
  for (const text of ['Old', 'New']) {
    await chat.ask(text);
    await chat.answered(text);
    await sidebar.create.click();
    await expect(chat.emptyHeading).toBeVisible();
  }
  await page.route('**/api/conversation/pin', (route) => route.abort(), { times: 1 });
  await sidebar.choose('Old', words.pin);
  await expect(sidebar.failure).toContainText('The connection was lost');
  await expect(sidebar.list.getByRole('heading')).toHaveText(['Today']);

  await sidebar.choose('Old', words.pin);
  await expect(sidebar.list.getByRole('heading')).toHaveText([words.pinned, 'Today']);
  await expect(sidebar.entries).toHaveText([/Old/, /New/]);
  await expect(sidebar.list.getByRole('button', { name: words.more('Old') })).toBeFocused();
  await expect(chat.announcements).toContainText('The conversation is pinned.');
  await page.reload();
  await chat.isOpen();
  await expect(sidebar.list.getByRole('list', { name: words.pinned }).getByRole('listitem')).toHaveText([/Old/]);
  await sidebar.choose('Old', words.unpin);
  await expect(sidebar.list.getByRole('heading')).toHaveText(['Today']);
  await expect(sidebar.entries).toHaveText([/New/, /Old/]);
});

test('the list has pages, and the focus goes on in the next one', async ({ page, signIn, chat, sidebar, words }) => {
  mayLog(noAnswer);
  const now = Math.floor(Date.now() / 1000);
  const listed = [...Array(450).keys()].map((n) => ({
    id: `c${n}`, title: `Number ${n}`, updated_at: now - n, running: null,
  }));
  await page.route(/\/api\/conversations(\?.*)?$/, async (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('before')?.replace('1.c', '') ?? -1) + 1;
    const next = from + 200 < listed.length ? `1.c${from + 199}` : undefined;
    await route.fulfill({ json: { conversations: listed.slice(from, from + 200), next } });
  });
  await signIn();
  await chat.isOpen();
  await expect(sidebar.entries).toHaveCount(200);
  const more = sidebar.list.getByRole('button', { name: words.showMore });
  await more.press('Enter');
  await expect(sidebar.entries).toHaveCount(400);
  await expect(more, 'there is another page').toBeFocused();
  await page.route(/before=/, (route) => route.abort(), { times: 1 });
  await page.keyboard.press('Enter');
  await expect(sidebar.failure).toContainText('The connection was lost');
  await expect(sidebar.entries, 'what is there stays').toHaveCount(400);
  await page.keyboard.press('Enter');
  await expect(sidebar.entries).toHaveCount(450);
  await expect(more).toHaveCount(0);
  await expect(sidebar.failure).toHaveCount(0);
  await expect(sidebar.list.getByRole('link', { name: 'Number 400', exact: true })).toBeFocused();
});

test('a search finds words in any order, and shows where and when', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('Why does the library cache wait for a latch?');
  await chat.answered('library cache');
  await sidebar.create.click();
  await chat.ask('Something else');
  await chat.answered('Something else');
  await sidebar.search.fill('latch libr');
  await expect(sidebar.entries).toHaveCount(1);
  const row = sidebar.entries.first();
  await expect(row.locator('mark')).toHaveText(['library', 'latch']);
  await expect(row).toContainText(new Date().getFullYear().toString());
  await expectAccessible(page, 'found');
  await sidebar.search.fill('nowhere latch');
  await expect(sidebar.list.getByRole('status')).toHaveText('No conversation has these words.');
  await sidebar.search.fill('');
  await expect(sidebar.entries).toHaveCount(2);
  await expect(sidebar.entries.locator('mark')).toHaveCount(0);
});

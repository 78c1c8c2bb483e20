import { readFile } from 'node:fs/promises';

import { needs } from '../fixtures/engines';
import { expect, mayLog, noAnswer, statusError, test } from '../fixtures/test';
import { signedOutPage } from '../pages/signed-out';

test('a conversation is listed, found, renamed, exported and deleted', async ({
  page, browserName, signIn, chat, sidebar,
}) => {
  needs(browserName, 'downloads');
  await signIn();
  await chat.ask('Why is my index unused?');
  await chat.answered('Why is my index unused?');
  await expect(page).toHaveURL(/\/c\/[\w-]+$/);
  await expect(sidebar.entry('Why is my index unused?')).toHaveAttribute('aria-current', 'page');

  await sidebar.create.click();
  await expect(page).toHaveURL('/chat');
  await expect(chat.emptyHeading).toBeVisible();
  await expect(chat.message).toBeFocused();
  await chat.ask('What are latches?');
  await chat.answered('What are latches?');
  await expect(sidebar.entries).toHaveCount(2);

  await sidebar.search.fill('unused');
  await expect(sidebar.entries).toHaveCount(1);
  await sidebar.search.fill('');
  await sidebar.rename('What are latches?', 'Latches');
  await expect(sidebar.entry('Latches')).toBeVisible();

  await sidebar.more('Latches');
  const download = page.waitForEvent('download');
  await sidebar.dialog.getByRole('button', { name: 'Export as Markdown' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.md$/);
  expect(await readFile(await file.path(), 'utf8')).toContain('What are latches?');

  await sidebar.delete('Latches');
  await expect(sidebar.entries).toHaveCount(1);
  await expect(page).toHaveURL('/chat');
  await sidebar.open('Why is my index unused?');
  await chat.answered('Why is my index unused?');
});

test('deleting asks first, and Escape leaves everything as it is', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('Keep me');
  await chat.answered('Keep me');
  await sidebar.more('Keep me');
  await sidebar.dialog.getByRole('button', { name: 'Delete…' }).click();
  await expect(sidebar.dialog).toContainText('gone for good');
  await page.keyboard.press('Escape');
  await expect(sidebar.dialog).toBeHidden();
  await expect(sidebar.entry('Keep me')).toBeVisible();
});

test('what the server did not do is not shown as done, and can be tried again', async ({ page, signIn, chat, sidebar }) => {
  mayLog(noAnswer);
  await signIn();
  await chat.ask('Keep me');
  await chat.answered('Keep me');
  const failure = sidebar.dialog.getByRole('alert');
  const fails = (path: string) => page.route(`**/api/conversation/${path}`, (route) => route.abort(), { times: 1 });

  await fails('rename');
  await sidebar.rename('Keep me', 'Renamed');
  await expect(failure).toContainText('The connection was lost');
  await expect(sidebar.entry('Keep me')).toBeVisible();
  await expect(sidebar.entry('Renamed')).toHaveCount(0);
  await sidebar.dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(sidebar.entry('Renamed')).toBeVisible();

  await fails('delete');
  await sidebar.delete('Renamed');
  await expect(failure).toContainText('The connection was lost');
  await expect(sidebar.entry('Renamed')).toBeVisible();
  await expect(chat.questions).toContainText('Keep me');
  await expect(page).toHaveURL(/\/c\//);
  await sidebar.dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(sidebar.entries).toHaveCount(0);
  await expect(page).toHaveURL('/chat');
});

test('a conversation opens at its address after a sign-in on the way', async ({ page, user, signIn, login, chat }) => {
  await signIn();
  await chat.ask('Remember this');
  await chat.answered('Remember this');
  const address = page.url();
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto(address);
  await login.signInAs(user.name);
  await expect(page).toHaveURL(address);
  await expect(chat.questions).toContainText('Remember this');
  await chat.answered('Remember this');
});

test('a message sent while its conversation is still being opened goes when it is open', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('First');
  await chat.answered('First');
  let open = () => {};
  const opens = new Promise<void>((resolve) => (open = resolve));
  await page.route('**/api/conversation?*', async (route) => {
    await opens;
    await route.continue();
  });
  await page.reload();
  await chat.ask('Second');
  await expect(chat.questions).toHaveCount(0);
  open();
  await chat.answered('Second');
  await expect(chat.questions).toHaveText([/First/, /Second/]);
  await expect(chat.message).toHaveValue('');
});

test("another person's conversation is not here", async ({ page, user, signIn, login, chat }) => {
  mayLog(statusError(404));
  await signIn();
  await chat.ask('Private');
  await chat.answered('Private');
  const address = page.url();
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto(address);
  await login.signInAs(`${user.name}-other`);
  await expect(page.getByText('This conversation is not here')).toBeVisible();
  await expect(page.getByText('Private')).toHaveCount(0);
  await page.getByRole('link', { name: 'New conversation' }).click();
  await expect(chat.emptyHeading).toBeVisible();
});

test('a question is asked differently, and what came after it is gone', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('First');
  await chat.answered('First');
  await chat.ask('Second');
  await chat.answered('Second');
  await chat.message.fill('half a thought');
  await chat.edit(chat.questions.first());
  await expect(chat.message).toHaveValue('First');
  await expect(chat.message).toBeFocused();
  await chat.ask('First, better');
  await chat.answered('First, better');
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.message, 'what was typed comes back').toHaveValue('half a thought');
  await page.reload();
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.questions).toContainText('First, better');
});

test('an answer can be asked for again', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('Again');
  await chat.answered('Again');
  await chat.answers.last().getByRole('button', { name: 'Retry' }).click();
  await expect(chat.stop).toBeVisible();
  await chat.answered('Again');
  await expect(chat.questions).toHaveCount(1);
  await page.reload();
  await expect(chat.answers).toHaveCount(1);
});

test('a starter question is asked with one click', async ({ signIn, chat }) => {
  await signIn();
  await chat.starters.filter({ hasText: 'Locks' }).click();
  await expect(chat.questions).toContainText('blocking and blocked sessions');
  await expect(chat.message).toBeFocused();
});

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
  await sidebar.item('Export as Markdown').click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.md$/);
  expect(await readFile(await file.path(), 'utf8')).toContain('What are latches?');

  await sidebar.delete('Latches');
  await expect(sidebar.entries).toHaveCount(1);
  await expect(page).toHaveURL('/chat');
  await sidebar.open('Why is my index unused?');
  await chat.answered('Why is my index unused?');
});

test('a conversation that is deleted stays for a while, and the deletion can be undone', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('Keep me');
  await chat.answered('Keep me');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await sidebar.delete('Keep me');
  await expect(sidebar.entry('Keep me'), 'no link to what is about to go').toHaveCount(0);
  await expect(chat.announcements).toContainText('will be deleted in ten seconds');
  await expect(chat.questions).toContainText('Keep me');
  await sidebar.undo('Keep me').click();
  await expect(sidebar.entry('Keep me')).toBeVisible();

  // Deleted again, and undone again, past the end of the first ten seconds.
  await sidebar.delete('Keep me');
  await sidebar.undo('Keep me').click();
  await sidebar.delete('Keep me');
  const deletion = page.waitForRequest('**/api/conversation/delete');
  const since = Date.now();
  await deletion;
  expect(Date.now() - since, 'ten seconds from the last time').toBeGreaterThan(9_000);
  await expect(sidebar.entries).toHaveCount(0);
  await expect(page).toHaveURL('/chat');
  await expect(chat.announcements).toContainText('The conversation is deleted.');
  expect(requests.filter((url) => url.endsWith('/api/conversation/delete'))).toHaveLength(1);
});

test('what was to be deleted when the page was left is deleted, and not another person’s', async ({
  page, user, signIn, login, chat, sidebar,
}) => {
  await signIn();
  for (const text of ['Stays', 'Goes', 'Goes, too']) {
    await chat.ask(text);
    await chat.answered(text);
    await sidebar.create.click();
    await expect(chat.emptyHeading).toBeVisible();
  }
  // The page is closed before it can send anything.
  await page.route('**/api/conversation/delete', () => {});
  await sidebar.delete('Goes');
  await page.reload();
  await chat.isOpen();
  await page.unroute('**/api/conversation/delete');
  await expect(sidebar.entry('Stays')).toBeVisible();

  await sidebar.delete('Goes, too');
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto('/chat');
  await login.signInAs(`${user.name}-other`);
  await chat.ask('Other');
  await chat.answered('Other');
  await expect(sidebar.entries).toHaveCount(1);
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await page.goto('/chat');
  await login.signInAs(user.name);
  await expect(sidebar.entries).toHaveText([/Stays/]);
});

test('a conversation is renamed in its row, and Escape or an empty title leaves it as it is', async ({
  page, signIn, chat, sidebar,
}) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await sidebar.choose('/slow', 'Rename');
  await expect(sidebar.newTitle).toHaveValue('/slow');
  await page.keyboard.type('Typed over');
  await page.keyboard.press('Escape');
  await expect(sidebar.entry('/slow')).toBeVisible();
  await expect(chat.stop, 'Escape was for the title').toBeVisible();
  await sidebar.choose('/slow', 'Rename');
  await sidebar.newTitle.fill('   ');
  await expect(sidebar.save).toBeDisabled();
  await sidebar.newTitle.fill('Locks');
  await sidebar.save.click();
  await expect(sidebar.entry('Locks')).toBeVisible();
  await expect(chat.title).toHaveText('Locks');
  await chat.stop.click();
});

test('conversations are listed by the day of their last message', async ({ page, signIn, chat, sidebar }) => {
  const day = 24 * 60 * 60;
  const now = Math.floor(Date.now() / 1000);
  const listed = [0, 1, 3, 7, 8, 400].map((days) => ({
    id: `c${days}`, title: `${days} days ago, and a title that is too long for the list`, updated_at: now - days * day, running: null,
  }));
  await page.route('**/api/conversations', (route) => route.fulfill({ json: { conversations: listed } }));
  await signIn();
  await chat.isOpen();
  await expect(sidebar.list.getByRole('heading')).toHaveText(['Today', 'Yesterday', 'Last 7 days', 'Earlier']);
  const rows = (heading: string) => sidebar.list.getByRole('list', { name: heading }).getByRole('listitem');
  for (const [heading, count] of [['Today', 1], ['Yesterday', 1], ['Last 7 days', 2], ['Earlier', 2]] as const) {
    await expect(rows(heading)).toHaveCount(count);
  }
  await expect(rows('Yesterday').getByRole('link')).toHaveAttribute('title', listed[1].title);
});

test('what the server did not do is not shown as done, and can be tried again', async ({ page, signIn, chat, sidebar }) => {
  mayLog(noAnswer);
  await signIn();
  await chat.ask('Keep me');
  await chat.answered('Keep me');
  const fails = (path: string) => page.route(`**/api/conversation/${path}`, (route) => route.abort(), { times: 1 });

  await fails('rename');
  await sidebar.rename('Keep me', 'Renamed');
  await expect(sidebar.failure).toContainText('The connection was lost');
  await expect(sidebar.newTitle, 'what was typed is kept').toHaveValue('Renamed');
  await expect(chat.title).toHaveText('Keep me');
  await sidebar.save.click();
  await expect(sidebar.entry('Renamed')).toBeVisible();
  await expect(sidebar.failure).toHaveCount(0);

  await fails('delete');
  await sidebar.delete('Renamed');
  await expect(sidebar.failure).toContainText('The connection was lost');
  await expect(sidebar.entry('Renamed')).toBeVisible();
  await expect(chat.questions).toContainText('Keep me');
  await expect(page).toHaveURL(/\/c\//);
  await sidebar.delete('Renamed');
  await expect(sidebar.failure).toHaveCount(0);
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

test('a question is asked differently, and what came after it is shown no more', async ({ page, signIn, chat }) => {
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

// Nothing that was typed or answered is lost.

import { expect, mayLog, noAnswer, onNextMessage, statusError, test } from '../fixtures/test';

test('each conversation keeps its own draft, over a reload too', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('One');
  await chat.answered('One');
  await chat.message.fill('draft of one');
  await sidebar.create.click();
  await expect(chat.message).toHaveValue('');
  await chat.message.fill('draft of a new one');
  await page.reload();
  await expect(chat.message).toHaveValue('draft of a new one');
  await sidebar.open('One');
  await expect(chat.message).toHaveValue('draft of one');
});

test('an answer goes on when the page is loaded again in the middle of it', async ({ page, signIn, chat, wire }) => {
  await signIn();
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 5,');
  await page.reload();
  await expect(chat.answers.last()).toContainText('word 1,');
  await expect(chat.stop).toBeVisible();
  const early = (await chat.textOf(chat.answers.last())).length;
  await expect.poll(async () => (await chat.textOf(chat.answers.last())).length).toBeGreaterThan(early + 20);
  await expect(chat.questions).toHaveCount(1);
  expect(wire.calls('POST', '/api/chat'), 'it is followed, not asked again').toHaveLength(1);

  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped');
  const text = await chat.textOf(chat.answers.last());
  await page.reload();
  await expect(chat.answers.last()).toContainText('Stopped');
  // It has stopped soon after: the whole of it has some 3,000 characters.
  expect((await chat.textOf(chat.answers.last())).length).toBeLessThan(text.length + 300);
});

test('another conversation can be read while an answer is written, and it is there afterwards', async ({
  signIn, chat, sidebar,
}) => {
  await signIn();
  await chat.ask('/slow one');
  await expect(chat.answers.last()).toContainText('word 3,');
  await sidebar.create.click();
  await chat.ask('Two');
  await chat.answered('Two');
  await sidebar.open('/slow one');
  await expect(chat.answers.last()).toContainText('word 3,');
  await expect(chat.stop).toBeVisible();
  await chat.stop.click();
});

test('a message that was on its way when the page was left is sent automatically, once', async ({
  page, signIn, chat, wire,
}) => {
  // Its conversation is not there yet.
  mayLog(statusError(404));
  await signIn();
  await onNextMessage(page, () => new Promise(() => {}));
  await chat.ask('On its way');
  await expect(chat.stop).toBeVisible();
  await expect.poll(() => wire.calls('POST', '/api/chat').length).toBe(1);
  await page.reload();
  await chat.answered('On its way');
  await expect(chat.questions).toHaveCount(1);
  const keys = wire.calls('POST', '/api/chat').map((request) => request.postDataJSON().idempotency_key);
  expect(new Set(keys).size).toBe(1);
});

test('a message that failed is typed again after a reload, and not sent', async ({ page, signIn, chat }) => {
  await signIn();
  mayLog(noAnswer, statusError(404));
  await onNextMessage(page, (route) => route.abort('connectionrefused'));
  await chat.ask('It failed');
  await expect(chat.retry).toBeVisible();
  await page.reload();
  await expect(chat.message).toHaveValue('It failed');
});

test('a pasted megabyte stays whole, too, and is there after a reload', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.message.fill('word '.repeat(200_000));
  await expect(page.getByRole('alert')).toContainText('967,999 of 999,999 characters are too many');
  await expect(chat.send).toBeDisabled();
  await chat.message.press('Enter');
  await expect(chat.questions).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.draft')?.length ?? 0), 'it is stored')
    .toBeGreaterThan(1_000_000);
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('967,999 of 999,999 characters are too many');
  const { length } = await chat.message.inputValue();
  expect(length).toBe(1_000_000);
  await chat.ask('short again');
  await chat.answered('short again');
});

test('a very long paste stays whole, and says by how much it is too long', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.message.fill('x'.repeat(32_010));
  await expect(page.getByRole('alert')).toContainText('10 of 32,010 characters are too many');
  await expect(chat.send).toBeDisabled();
  await expect(chat.message).toHaveValue(/^x{32010}$/);
});

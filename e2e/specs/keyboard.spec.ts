import { answerNextWithText, expect, test } from '../fixtures/test';

test('Escape stops the answer, and the composer keeps the focus', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await page.keyboard.press('Escape');
  await expect(chat.answers.last()).toContainText('Stopped');
  await expect(chat.message).toBeFocused();
});

test('the up arrow in an empty message edits the last question', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('First try');
  await chat.answered('First try');
  await chat.message.press('ArrowUp');
  await expect(chat.message).toHaveValue('First try');
  await expect(page.getByText('You are editing a question')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(chat.message).toHaveValue('');
  await chat.message.fill('a\nb');
  await chat.message.press('ArrowUp');
  await expect(chat.message, 'an arrow in a text is an arrow').toHaveValue('a\nb');
});

test('shortcuts reach everything from anywhere', { tag: '@engines' }, async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('Old one');
  await chat.answered('Old one');
  await page.keyboard.press('Control+k');
  await expect(sidebar.search).toBeFocused();
  await page.keyboard.press('Shift+Escape');
  await expect(chat.message).toBeFocused();
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL('/chat');
  await expect(chat.emptyHeading).toBeVisible();
  await expect(chat.message).toBeFocused();
});

test('the list of shortcuts opens by its keys, closes by Escape, and gives the focus back', { tag: '@engines' }, async ({
  page, signIn, chat, sidebar,
}) => {
  await signIn();
  await chat.message.press('?');
  await expect(chat.message, 'a question mark in a text is one').toHaveValue('?');
  await chat.message.press('Control+/');
  await expect(sidebar.dialog.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sidebar.dialog).toBeHidden();
  await expect(chat.message).toBeFocused();
  await page.locator('#transcript').focus();
  await page.keyboard.press('?');
  await expect(sidebar.dialog).toBeVisible();
});

test('shortcuts can be switched off, and stay off', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await page.keyboard.press('Control+/');
  await sidebar.dialog.getByRole('checkbox', { name: 'Use these shortcuts' }).uncheck();
  await sidebar.dialog.getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await chat.isOpen();
  await page.locator('#transcript').focus();
  await page.keyboard.press('?');
  await expect(sidebar.dialog).toBeHidden();
});

test('a reader who scrolls up is left there, and one click leads back to the end', { tag: '@engines' }, async ({
  page, signIn, chat,
}) => {
  await page.setViewportSize({ width: 1000, height: 500 });
  await signIn();
  await answerNextWithText(page, 'A line.\n\n'.repeat(60));
  await chat.ask('Long');
  await expect(chat.send).toBeVisible();
  const transcript = page.locator('#transcript');
  const toEnd = () => transcript.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
  await expect.poll(toEnd).toBeLessThan(5);

  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 1,');
  await transcript.hover();
  await page.mouse.wheel(0, -600);
  await expect(chat.jumpToLatest).toBeVisible();
  const top = await transcript.evaluate((it) => it.scrollTop);
  await expect(chat.answers.last()).toContainText('word 12,');
  expect(await transcript.evaluate((it) => it.scrollTop), 'nobody is dragged to the end').toBe(top);
  await chat.jumpToLatest.click();
  await expect.poll(toEnd).toBeLessThan(5);
  await expect(chat.jumpToLatest).toBeHidden();
});

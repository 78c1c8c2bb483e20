// The frame in which a message is written.

import type { Locator } from '@playwright/test';

import { expect, test } from '../fixtures/test';

test('the field grows with its text, up to a part of the window, and the button stays in its frame', async ({
  page, signIn, chat,
}) => {
  await signIn();
  const empty = await heightOf(chat.message);
  await chat.message.fill('one\ntwo\nthree\nfour');
  expect(await heightOf(chat.message), 'four lines').toBeGreaterThan(3 * empty - 20);
  await chat.message.fill('line\n'.repeat(200));
  const { height } = page.viewportSize()!;
  expect(await heightOf(chat.message)).toBeLessThanOrEqual(0.4 * height + 1);
  const frame = (await page.locator('form.composer').boundingBox())!;
  const send = (await chat.send.boundingBox())!;
  expect(send.x + send.width).toBeLessThan(frame.x + frame.width);
  expect(send.y + send.height).toBeLessThan(frame.y + frame.height);
  expect(send.y).toBeGreaterThan(frame.y);
  await expect(chat.send).toBeInViewport({ ratio: 1 });
  await chat.message.fill('');
  expect(await heightOf(chat.message), 'and shrinks').toBe(empty);
});

test('the hint says which key sends, leads to the field, and is silent while nothing can be sent', async ({
  page, signIn, chat,
}) => {
  await signIn();
  const hint = page.getByText('Enter sends, Shift+Enter breaks the line.');
  await page.locator('#transcript').focus();
  await hint.click();
  await expect(chat.message).toBeFocused();
  await expect(chat.message).toHaveAccessibleDescription('Enter sends, Shift+Enter breaks the line.');
  await chat.ask('/slow');
  await expect(chat.stop).toBeVisible();
  await expect(hint).toHaveCount(0);
  await chat.stop.click();
  await expect(hint).toBeVisible();
});

test('a person who types sees the focus around the whole frame', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.message.press('a');
  await expect(page.locator('form.composer')).toHaveCSS('outline-style', 'solid');
  await page.locator('#transcript').focus();
  await expect(page.locator('form.composer')).toHaveCSS('outline-style', 'none');
});

const heightOf = async (it: Locator) => (await it.boundingBox())!.height;

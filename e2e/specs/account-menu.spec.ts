// The menu behind the person's initials, and the title of the conversation beside it.

import type { Page } from '@playwright/test';

import { expectAccessible } from '../fixtures/axe';
import { expect, test } from '../fixtures/test';

test('the menu opens, moves and closes by the keys of a menu', async ({ page, signIn, chat }) => {
  await signIn();
  const { button, menu, item, choice } = chat.account;
  await expect(button).toHaveAttribute('aria-expanded', 'false');
  await button.press('ArrowDown');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  await expect(choice('English'), 'the first item').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(choice('Français')).toBeFocused();
  await page.keyboard.press('End');
  await expect(item('Sign out')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(choice('English'), 'round and round').toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(item('Sign out')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(choice('English')).toBeFocused();

  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(button).toBeFocused();
  await expect(button).toHaveAttribute('aria-expanded', 'false');

  await page.keyboard.press('Enter');
  await expect(choice('English')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(menu).toBeHidden();
  await expect(button).not.toBeFocused();

  await button.click();
  await expect(menu).toBeVisible();
  await button.click();
  await expect(menu, 'the button closes what it has opened').toBeHidden();
  await button.click();
  await page.locator('#transcript').click({ position: { x: 5, y: 200 } });
  await expect(menu, 'so does a click elsewhere').toBeHidden();
});

test('Escape in the menu closes the menu, and the answer goes on', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.account.open();
  await page.keyboard.press('Escape');
  await expect(chat.account.menu).toBeHidden();
  await expect(chat.stop).toBeVisible();
  await expect(chat.answers.last()).toContainText('word 9,');
  await page.keyboard.press('Escape');
  await expect(chat.answers.last()).toContainText('Stopped');
});

test('the menu shows whose it is, by name and address', async ({ page, user, signIn, chat }) => {
  await user.set({ claims: { name: 'Ada Lovelace', email: 'ada@bank.example' } });
  await signIn();
  await expect(chat.account.button).toHaveText('AL');
  await expect(chat.account.button).toHaveAccessibleName('Ada Lovelace: account and settings');
  await chat.account.open();
  await expect(page.locator('#account')).toContainText('Ada Lovelace');
  await expect(page.locator('#account')).toContainText('ada@bank.example');
});

test('every item that opens a dialog does, and the focus returns to the button', async ({ page, signIn, chat, words }) => {
  await signIn();
  for (const name of [words.whereSignedIn, words.privacy, 'Keyboard shortcuts']) {
    await chat.account.choose(name);
    await expect(page.getByRole('dialog', { name })).toBeVisible();
    await expect(chat.account.menu).toBeHidden();
    await expectAccessible(page, name);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(chat.account.button).toBeFocused();
  }
  await chat.account.choose(words.privacy);
  await page.getByRole('dialog').getByRole('button', { name: words.whereSignedIn }).click();
  await expect(page.getByRole('dialog', { name: words.whereSignedIn })).toContainText(words.thisBrowser);
});

for (const { colorScheme, other } of [
  { colorScheme: 'light', other: 'Dark' },
  { colorScheme: 'dark', other: 'Light' },
] as const) {
  test.describe(`on a ${colorScheme} system`, () => {
    test.use({ colorScheme });

    test(`the theme ${other} can be chosen, is kept, and is there before the app is`, async ({ page, signIn, chat }) => {
      await signIn();
      const bySystem = await ground(page);
      await chat.account.set(other);
      await expect.poll(() => ground(page)).not.toBe(bySystem);
      const chosen = await ground(page);
      await chat.account.open();
      await expect(chat.account.choice(other)).toBeChecked();
      await expect(chat.account.choice('System')).not.toBeChecked();
      await page.keyboard.press('Escape');

      await page.route('**/*.wasm', () => {});
      await page.reload({ waitUntil: 'commit' });
      await expect.poll(() => ground(page), 'without WebAssembly').toBe(chosen);
      await page.unroute('**/*.wasm');
      await page.reload();
      await chat.isOpen();
      expect(await ground(page)).toBe(chosen);

      await chat.account.set('System');
      await expect.poll(() => ground(page)).toBe(bySystem);
      await page.emulateMedia({ colorScheme: colorScheme === 'dark' ? 'light' : 'dark' });
      expect(await ground(page), 'as the system').toBe(chosen);
    });
  });
}

test('the bar and the tab have the title of the conversation', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await expect(chat.title).toHaveText('oracle-ai');
  await expect(page).toHaveTitle('oracle-ai');
  await chat.ask('Why is my index unused?');
  await chat.answered('Why is my index unused?');
  await expect(chat.title).toHaveText('Why is my index unused?');
  await expect(page).toHaveTitle('Why is my index unused? · oracle-ai');

  await sidebar.search.fill('index unused');
  await sidebar.rename('Why is my index unused?', 'Latches');
  await expect(chat.title).toHaveText('Latches');
  await expect(page).toHaveTitle('Latches · oracle-ai');
  await page.reload();
  await expect(chat.title).toHaveText('Latches');
  await sidebar.create.click();
  await expect(chat.title).toHaveText('oracle-ai');
  await expect(page).toHaveTitle('oracle-ai');
});

/** The colour of the page. */
const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

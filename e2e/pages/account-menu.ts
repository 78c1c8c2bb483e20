// The menu behind the person's initials, in the bar of the chat page.

import { expect, type Locator, type Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

export type AccountMenu = ReturnType<typeof accountMenu>;

export function accountMenu(page: Page, words: Words = wordsOf()) {
  const button = page.getByRole('banner').getByRole('button', { name: words.account });
  const menu = page.getByRole('menu', { name: words.account });
  const item = (name: string) => menu.getByRole('menuitem', { name });
  const choice = (name: string) => menu.getByRole('menuitemradio', { name });

  const open = async () => {
    if (!(await menu.isVisible())) await button.click();
    await expect(menu).toBeVisible();
  };

  return {
    button,
    menu,
    item,
    choice,
    open,
    signOut: item(words.signOut),

    async choose(name: string) {
      await open();
      await item(name).click();
    },

    /** Arrows lead from the first item, which has the focus when the menu opens, to any other. */
    async focusByArrows(item: Locator) {
      await expect(menu.locator(':focus')).toHaveCount(1);
      for (let presses = 0; presses < 12; presses += 1) {
        if (await item.evaluate((it) => it.matches(':focus-visible'))) return;
        await page.keyboard.press('ArrowDown');
      }
      throw new Error(`12 presses of the arrow don't reach ${String(item)}`);
    },

    /** One of the values of a setting. */
    async set(name: string) {
      await open();
      await choice(name).click();
    },
  };
}

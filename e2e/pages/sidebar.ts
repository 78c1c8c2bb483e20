// The list of conversations beside the chat, and the menu of each.

import { expect, type Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

export type Sidebar = ReturnType<typeof sidebarOf>;

export function sidebarOf(page: Page, words: Words = wordsOf()) {
  const list = page.getByRole('navigation', { name: words.conversations });
  const entry = (title: string) => list.getByRole('link', { name: title });
  const dialog = page.getByRole('dialog');

  return {
    list,
    entry,
    entries: list.getByRole('listitem'),
    dialog,
    create: list.getByRole('button', { name: words.newConversation }),
    search: list.getByRole('searchbox', { name: words.search }),
    show: page.getByRole('button', { name: words.show }),
    hide: page.getByRole('button', { name: words.hide }),

    open: (title: string) => entry(title).click(),

    /** An item of the menu that `more` opens. */
    item: (name: string) => page.getByRole('menuitem', { name }),
    /** The form in which a conversation is renamed. */
    newTitle: list.getByRole('textbox', { name: words.newTitle }),
    save: list.getByRole('button', { name: words.rename }),
    undo: (title: string) => list.getByRole('button', { name: words.undo(title) }),
    failure: list.getByRole('alert'),

    async more(title: string) {
      await list.getByRole('button', { name: words.more(title) }).click();
    },

    async choose(title: string, item: string) {
      await this.more(title);
      await this.item(item).click();
    },

    async rename(title: string, to: string) {
      await this.choose(title, words.rename);
      await this.newTitle.fill(to);
      await this.newTitle.press('Enter');
    },

    /** The page waits a while, so that it can be undone. */
    async delete(title: string) {
      await this.choose(title, words.delete);
      await expect(this.undo(title)).toBeVisible();
    },
  };
}

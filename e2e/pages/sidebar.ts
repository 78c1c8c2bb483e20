// The list of conversations beside the chat, and the dialogs that it opens.

import type { Page } from '@playwright/test';

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

    async more(title: string) {
      await list.getByRole('button', { name: words.more(title) }).click();
    },

    async rename(title: string, to: string) {
      await this.more(title);
      await dialog.getByRole('textbox', { name: words.newTitle }).fill(to);
      await dialog.getByRole('button', { name: words.rename }).click();
    },

    async delete(title: string) {
      await this.more(title);
      await dialog.getByRole('button', { name: words.deleteAfterAsking }).click();
      await dialog.getByRole('button', { name: words.delete, exact: true }).click();
    },
  };
}

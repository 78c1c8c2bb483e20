// The list of conversations beside the chat, and the dialogs that it opens.

import type { Page } from '@playwright/test';

export type Sidebar = ReturnType<typeof sidebarOf>;

export function sidebarOf(page: Page) {
  const list = page.getByRole('navigation', { name: 'Conversations' });
  const entry = (title: string) => list.getByRole('link', { name: title });
  const dialog = page.getByRole('dialog');

  return {
    list,
    entry,
    entries: list.getByRole('listitem'),
    dialog,
    create: list.getByRole('button', { name: 'New conversation' }),
    search: list.getByRole('searchbox', { name: 'Search conversations' }),
    show: page.getByRole('button', { name: 'Show conversations' }),
    hide: page.getByRole('button', { name: 'Hide conversations' }),

    open: (title: string) => entry(title).click(),

    async more(title: string) {
      await list.getByRole('button', { name: `More for “${title}”` }).click();
    },

    async rename(title: string, to: string) {
      await this.more(title);
      await dialog.getByRole('textbox', { name: 'New title' }).fill(to);
      await dialog.getByRole('button', { name: 'Rename' }).click();
    },

    async delete(title: string) {
      await this.more(title);
      await dialog.getByRole('button', { name: 'Delete…' }).click();
      await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    },
  };
}

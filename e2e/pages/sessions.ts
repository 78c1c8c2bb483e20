// Where a person is signed in: the dialog behind their name in the chat page's bar.

import type { Page } from '@playwright/test';

export type SessionsDialog = ReturnType<typeof sessionsDialog>;

export function sessionsDialog(page: Page) {
  const dialog = page.getByRole('dialog', { name: 'Where you are signed in' });
  const rows = dialog.getByRole('listitem');

  return {
    dialog,
    rows,
    opener: page.getByRole('banner').getByRole('button', { name: /: where you are signed in$/ }),
    here: rows.filter({ hasText: 'this browser' }),
    elsewhere: rows.filter({ hasNotText: 'this browser' }),
    endOne: rows.getByRole('button', { name: /^End: / }),
    endOthers: dialog.getByRole('button', { name: 'End all others' }),
    endAll: dialog.getByRole('button', { name: 'End all, and sign out here' }),
    close: dialog.getByRole('button', { name: 'Close' }),
    retry: dialog.getByRole('button', { name: 'Retry' }),
    failure: dialog.getByRole('alert'),
  };
}

// Where a person is signed in: the dialog behind their name in the chat page's bar.

import type { Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

export type SessionsDialog = ReturnType<typeof sessionsDialog>;

export function sessionsDialog(page: Page, words: Words = wordsOf()) {
  const dialog = page.getByRole('dialog', { name: words.whereSignedIn });
  const rows = dialog.getByRole('listitem');

  return {
    dialog,
    rows,
    opener: page.getByRole('banner').getByRole('button', { name: words.openSessions }),
    here: rows.filter({ hasText: words.thisBrowser }),
    elsewhere: rows.filter({ hasNotText: words.thisBrowser }),
    endOne: rows.getByRole('button', { name: words.endOne }),
    endOthers: dialog.getByRole('button', { name: words.endOthers }),
    endAll: dialog.getByRole('button', { name: words.endAll }),
    close: dialog.getByRole('button', { name: words.close }),
    retry: dialog.getByRole('button', { name: words.retry }),
    failure: dialog.getByRole('alert'),
  };
}

// Where a person is signed in: a dialog that the account menu opens.

import type { Page } from '@playwright/test';

import { accountMenu } from './account-menu';
import { wordsOf, type Words } from './words';

export type SessionsDialog = ReturnType<typeof sessionsDialog>;

export function sessionsDialog(page: Page, words: Words = wordsOf()) {
  const dialog = page.getByRole('dialog', { name: words.whereSignedIn });
  const rows = dialog.getByRole('listitem');
  const account = accountMenu(page, words);

  return {
    dialog,
    rows,
    /** Has the focus again when the dialog is closed. */
    opener: account.button,
    open: () => account.choose(words.whereSignedIn),

    /** Without a mouse. */
    async openByKeys() {
      await account.button.press('Enter');
      await account.focusByArrows(account.item(words.whereSignedIn));
      await page.keyboard.press('Enter');
    },
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

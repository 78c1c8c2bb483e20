// What lies over any page before a session ends by time.

import type { Page } from '@playwright/test';

export type SessionWarning = ReturnType<typeof sessionWarning>;

export function sessionWarning(page: Page) {
  const dialog = page.getByRole('alertdialog', { name: 'Your session is about to end' });

  return {
    dialog,
    stay: dialog.getByRole('button', { name: 'Stay signed in' }),
    goOn: dialog.getByRole('button', { name: 'Go on until then' }),
    signOut: dialog.getByRole('button', { name: 'Sign out now' }),
    endsIn: (time: string) => dialog.getByText(`It ends in ${time}.`),
  };
}

// `/signed-out`, where a sign-out ends.

import { expect, type Page } from '@playwright/test';

export type SignedOutPage = ReturnType<typeof signedOutPage>;

export function signedOutPage(page: Page) {
  const heading = page.getByRole('heading', { name: 'You are signed out' });

  return {
    signIn: page.getByRole('link', { name: 'Sign in' }),

    /** The app's session is over; of the provider's the page knows nothing. */
    async here() {
      await expect(heading).toBeVisible();
      await expect(page.getByText('The sign-in service may still know you')).toBeVisible();
    },

    /** The provider has sent the browser back from its own sign-out: nothing moves any more. */
    async everywhere() {
      await expect(page.getByText('over, here and at the sign-in service')).toBeVisible();
      await expect(page).toHaveURL('/signed-out');
    },
  };
}

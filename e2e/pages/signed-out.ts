// `/signed-out`, where a sign-out ends.

import { expect, type Page } from '@playwright/test';

export type SignedOutPage = ReturnType<typeof signedOutPage>;

export function signedOutPage(page: Page) {
  const heading = page.getByRole('heading', { level: 1, name: /^You are signed out( in this browser)?$/ });

  return {
    signIn: page.getByRole('link', { name: 'Sign in' }),

    /** The app's session is over; of the provider's the page knows nothing. */
    async here() {
      await expect(heading).toBeVisible();
      await expect(page.getByText('The sign-in service may still know you')).toBeVisible();
    },

    /** The server has yet to be reached, and the page claims nothing else. */
    async unconfirmed() {
      await expect(heading).toBeVisible();
      await expect(page.getByText('has not confirmed yet that your session is over')).toBeVisible();
      await expect(page.getByText('Your session here is over')).toHaveCount(0);
    },

    /** Nobody has asked for it; the page says why. */
    async because(reason: 'inactivity' | 'a session lasts only so long') {
      await expect(heading).toBeVisible();
      await expect(page.getByText(`You were signed out because${reason === 'inactivity' ? ' of' : ''} ${reason}`)).toBeVisible();
    },

    /** The provider has sent the browser back from its own sign-out: nothing moves any more. */
    async everywhere() {
      await expect(page.getByText('over, here and at the sign-in service')).toBeVisible();
      await expect(page).toHaveURL('/signed-out');
    },
  };
}

// The identity providers' own sign-in pages, as a person sees them.

import { expect, type Page } from '@playwright/test';

import type { IdentityProvider } from '../fixtures/servers';

export interface LoginPage {
  isOpen(): Promise<void>;
  signInAs(name: string): Promise<void>;
  deny(): Promise<void>;
  /** Goes through with the sign-out that the app has sent the browser here for. */
  confirmSignOut(): Promise<void>;
}

export function loginPageOf(provider: IdentityProvider, page: Page): LoginPage {
  return provider.startsWith('certified') ? certifiedLoginPage(page) : mockLoginPage(page);
}

export function mockLoginPage(page: Page) {
  const heading = page.getByRole('heading', { name: 'Mock identity provider' });
  const anotherUser = page.getByRole('textbox', { name: 'Another user' });

  return {
    anotherUser,

    isOpen: () => expect(heading).toBeVisible(),

    async signInAs(name: string) {
      await anotherUser.fill(name);
      await page.getByRole('button', { name: 'Continue' }).click();
    },

    choose: (name: 'Alice' | 'Bob' | 'Carol') => page.getByRole('button', { name: `Sign in as ${name}` }).click(),

    deny: () => page.getByRole('button', { name: 'Deny' }).click(),

    async confirmSignOut() {
      // It does not ask.
    },
  };
}

/** oidc-provider's development pages: sign in, then consent. */
export function certifiedLoginPage(page: Page) {
  const consent = () => page.getByRole('button', { name: 'Continue' }).click();
  const confirmSignOut = () => page.getByRole('button', { name: 'Yes, sign me out' }).click();

  return {
    consent,

    isOpen: () => expect(page.getByRole('heading', { name: 'Sign-in' })).toBeVisible(),

    async signInAs(name: string) {
      await page.getByPlaceholder('Enter any login').fill(name);
      await page.getByPlaceholder('and password').fill('any');
      await page.getByRole('button', { name: 'Sign-in' }).click();
      await consent();
    },

    deny: () => page.getByRole('link', { name: 'Cancel' }).click(),

    confirmSignOut,

    /** Where a person signs out at the provider itself; no app has sent them there. */
    async signOutThere(origin: string) {
      await page.goto(`${origin}/session/end`);
      await confirmSignOut();
      await expect(page.getByRole('heading', { name: 'Sign-out Success' })).toBeVisible();
    },
  };
}

/** The form of Keycloak's own theme. People it knows don't see it. */
export function keycloakLoginPage(page: Page, password: string): LoginPage {
  const form = page.getByRole('heading', { name: 'Sign in to your account' });

  return {
    isOpen: () => expect(form).toBeVisible(),

    async signInAs(name: string) {
      await page.getByRole('textbox', { name: 'Username or email' }).fill(name);
      await page.getByRole('textbox', { name: 'Password' }).fill(password);
      await page.getByRole('button', { name: 'Sign In' }).click();
    },

    deny: () => Promise.reject(new Error('it asks for no consent')),

    async confirmSignOut() {
      // It does not ask who brings its ID token.
    },
  };
}

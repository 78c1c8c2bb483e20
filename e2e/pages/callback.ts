// `/auth/callback`, where a sign-in ends: mostly it is passed through, and on
// failure it says what went wrong.

import { expect, type Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

// Typewriter or printed apostrophe: both read the same.
const headings = {
  question: /^The sign-in service has a question for you$/,
  busy: /^The sign-in service is busy$/,
  refused: /^Sign-in was refused$/,
  linkNotValid: /^This sign-in link is no longer valid$/,
  nothingToFinish: /^There is no sign-in to finish$/,
  didNotWork: /^Sign-in did not work$/,
  tokenTooLong: /^Your account has too many permissions$/,
  unreachable: /^The sign-in service can['’]t be reached$/,
};

export type CallbackPage = ReturnType<typeof callbackPage>;

export function callbackPage(page: Page, words: Words = wordsOf()) {
  const tryAgain = page.getByRole('button', { name: words.tryAgain });

  return {
    tryAgain,
    /** Beside it, once a refresh has failed several times. */
    signInAgain: page.getByRole('button', { name: words.signInAgain }),

    /** Not the page that is passed through, whose heading goes away while it is looked at. */
    stays: () => expect(tryAgain).toBeVisible(),

    async says(failure: keyof typeof headings) {
      await expect(page.getByRole('heading', { level: 1, name: headings[failure] })).toBeVisible();
      await expect(tryAgain).toBeVisible();
    },
  };
}

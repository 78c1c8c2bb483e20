// The message that waits until the running answer has ended.

import type { Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

export function waitingMessage(page: Page, words: Words = wordsOf()) {
  const group = page.getByRole('group', { name: words.waiting });
  const button = (name: string) => group.getByRole('button', { name });
  return {
    group,
    sendNow: button(words.sendNow),
    change: button(words.change),
    remove: button(words.remove),
    sendLater: page.getByRole('button', { name: words.sendLater }),
  };
}

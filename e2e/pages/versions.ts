// The switch between versions of a question or an answer.

import { expect, type Locator } from '@playwright/test';

import { wordsOf, type Words } from './words';

export function versionSwitch(message: Locator, words: Words = wordsOf()) {
  const group = message.getByRole('group', { name: words.versions });
  return {
    group,
    previous: group.getByRole('button', { name: words.previousVersion }),
    next: group.getByRole('button', { name: words.nextVersion }),
    shows: async (number: number, of: number) => {
      await expect(group).toContainText(words.version(number, of));
      await expect(group).toContainText(`${number}/${of}`);
    },
  };
}

// The chat page, by the roles and names a person with a screen reader would use.

import { expect, type Locator, type Page } from '@playwright/test';

export type ChatPage = ReturnType<typeof chatPage>;

export function chatPage(page: Page) {
  const banner = page.getByRole('banner');
  const conversation = page.getByRole('log', { name: 'Conversation' });
  const answers = conversation.getByRole('article', { name: 'Assistant' });
  const questions = conversation.getByRole('article', { name: 'You' });
  const failure = conversation.getByRole('alert');
  const message = page.getByRole('textbox', { name: 'Message' });
  const send = page.getByRole('button', { name: 'Send', exact: true });

  return {
    banner,
    signOut: banner.getByRole('button', { name: 'Sign out' }),
    language: banner.getByRole('combobox'),
    emptyHeading: page.getByRole('heading', { name: 'What would you like to know?' }),
    starters: page.getByRole('list', { name: 'Questions to start with' }).getByRole('button'),
    conversation,
    questions,
    answers,
    failure,
    retry: failure.getByRole('button', { name: 'Retry' }),
    goOn: answers.last().getByRole('button', { name: 'Continue' }),
    message,
    send,
    stop: page.getByRole('button', { name: 'Stop', exact: true }),
    jumpToLatest: page.getByRole('button', { name: 'Jump to latest' }),
    announcements: page.locator('#announcements'),

    isOpen: () => expect(message).toBeVisible(),

    async ask(text: string) {
      await message.fill(text);
      await message.press('Enter');
    },

    /** The last answer is whole, and it is the answer to `text`. */
    async answered(text: string) {
      await expect(answers.last()).toContainText(text);
      await expect(send).toBeVisible();
    },

    /** What a message says, without its buttons. */
    textOf: (it: Locator) => it.locator('.markdown, .text').innerText(),

    /** Takes a question up again. */
    edit: (question: Locator) => question.getByRole('button', { name: 'Edit' }).click(),
  };
}

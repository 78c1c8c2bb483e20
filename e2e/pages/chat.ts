// The chat page, by the roles and names a person with a screen reader would use.

import { expect, type Page } from '@playwright/test';

export type ChatPage = ReturnType<typeof chatPage>;

export function chatPage(page: Page) {
  const banner = page.getByRole('banner');
  const conversation = page.getByRole('log', { name: 'Conversation' });
  const answers = conversation.getByRole('article', { name: 'Assistant' });
  const failure = conversation.getByRole('alert');
  const message = page.getByRole('textbox', { name: 'Message' });
  const send = page.getByRole('button', { name: 'Send' });

  return {
    banner,
    signOut: banner.getByRole('button', { name: 'Sign out' }),
    emptyHeading: page.getByRole('heading', { name: 'What would you like to know?' }),
    conversation,
    questions: conversation.getByRole('article', { name: 'You' }),
    answers,
    failure,
    retry: failure.getByRole('button', { name: 'Retry' }),
    message,
    send,
    stop: page.getByRole('button', { name: 'Stop' }),

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
  };
}

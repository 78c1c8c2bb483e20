// The chat page, by the roles and names a person with a screen reader would use.

import { expect, type Locator, type Page } from '@playwright/test';

import { accountMenu } from './account-menu';
import { wordsOf, type Words } from './words';

export type ChatPage = ReturnType<typeof chatPage>;

export function chatPage(page: Page, words: Words = wordsOf()) {
  const banner = page.getByRole('banner');
  const account = accountMenu(page, words);
  const conversation = page.getByRole('log', { name: words.conversation });
  const answers = conversation.getByRole('article', { name: words.assistant });
  const questions = conversation.getByRole('article', { name: words.you });
  const failure = conversation.getByRole('alert');
  const message = page.getByRole('textbox', { name: words.message });
  const send = page.getByRole('button', { name: words.send, exact: true });
  /** Of a message, without its name and its buttons. */
  const bodyOf = (it: Locator) => it.locator('.markdown, .text');

  return {
    banner,
    title: banner.getByRole('heading', { level: 1 }),
    account,
    /** As a person does it: in the account menu. */
    signOut: { click: () => account.choose(words.signOut) },
    language: { selectOption: (name: string) => account.set(name) },
    emptyHeading: page.getByRole('heading', { name: words.emptyHeading }),
    starters: page.getByRole('list', { name: words.starters }).getByRole('button'),
    conversation,
    questions,
    answers,
    failure,
    retry: failure.getByRole('button', { name: words.retry }),
    signInAgain: failure.getByRole('button', { name: words.signInAgain }),
    goOn: answers.last().getByRole('button', { name: words.goOn }),
    message,
    send,
    stop: page.getByRole('button', { name: words.stop, exact: true }),
    jumpToLatest: page.getByRole('button', { name: words.jumpToLatest }),
    offline: page.getByText(words.offline),
    announcements: page.locator('#announcements'),

    isOpen: () => expect(message).toBeVisible(),

    async ask(text: string) {
      await message.fill(text);
      await message.press('Enter');
    },

    /** As on a touch screen, where Enter breaks the line. */
    async askByButton(text: string) {
      await message.fill(text);
      await send.click();
    },

    /** The last answer is whole, and it is the answer to `text`. */
    async answered(text: string) {
      await expect(answers.last()).toContainText(text);
      await expect(send).toBeVisible();
    },

    bodyOf,
    textOf: (it: Locator) => bodyOf(it).innerText(),

    /** The buttons below a message. */
    actions: (it: Locator) => it.locator('.actions'),
    copy: (it: Locator) => it.getByRole('button', { name: words.copy, exact: true }),
    details: (answer: Locator) => answer.getByRole('button', { name: words.details }),

    /** Takes a question up again. */
    edit: (question: Locator) => question.getByRole('button', { name: words.edit }).click(),
  };
}

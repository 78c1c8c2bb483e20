// A browser that translates the page, from its first paint on.

import type { Page } from '@playwright/test';

import { answerNextWith, delta, ended, expect, mayLog, noAnswer, onNextMessage, opened, test } from '../fixtures/test';
import { translate, type Way } from '../fixtures/translator';
import { chatPage } from '../pages/chat';
import { sessionsDialog } from '../pages/sessions';
import { sidebarOf } from '../pages/sidebar';
import { signedOutPage } from '../pages/signed-out';
import { wordsOf } from '../pages/words';

for (const way of ['replaced', 'inserted and removed'] satisfies Way[]) {
  test.describe(`text nodes ${way}`, () => {
    test.beforeEach(({ page }) => translate(page, way));

    test('a streamed answer of every kind is as whole as after a reload', async ({ page, signIn, chat }) => {
      await signIn();
      await expect(page.locator('font'), 'the page is translated').not.toHaveCount(0);
      for (const kind of ['/list', '/table', '/sql', '/thinking']) {
        await chat.ask(kind);
        await expect(chat.questions.last()).toContainText(kind);
        await expect(chat.send).toBeVisible();
        await expect(chat.answers.last()).toHaveAttribute('aria-busy', 'false');
      }
      const streamed = await textsOf(page);
      expect(streamed).toHaveLength(8);
      await page.reload();
      await expect(chat.answers).toHaveCount(4);
      expect(streamed).toEqual(await textsOf(page));
    });

    test('an answer grows, is stopped, fails and is tried again', async ({ page, signIn, chat }) => {
      await signIn();
      await chat.ask('/slow');
      await expect(chat.answers.last()).toContainText('word 12,');
      await expect(chat.bodyOf(chat.answers.last())).toHaveText(/word 1, word 2, .*word 12,/);
      await expect(chat.send).toHaveCount(0);
      await chat.stop.click();
      await expect(chat.answers.last()).toContainText('Stopped by you.');
      await expect(chat.answers.last()).not.toContainText('Stopping');
      await expect(chat.stop).toHaveCount(0);
      await expect(chat.send).toBeVisible();

      mayLog(noAnswer);
      await onNextMessage(page, (route) => route.abort('connectionrefused'));
      await chat.ask('Are you there?');
      await expect(chat.failure).toContainText('The connection was lost');
      await chat.retry.click();
      await chat.answered('Are you there?');
      await expect(chat.failure).toHaveCount(0);
      await expect(chat.questions).toHaveCount(2);
    });

    test('a failure that is tried again later counts down', async ({ page, signIn, chat }) => {
      await signIn();
      await answerNextWith(page, [
        opened, delta('Half'), { type: 'error', kind: 'busy', retry_after: 3 }, ended('interrupted'),
      ]);
      await chat.ask('Are you busy?');
      const retry = chat.failure.getByRole('button', { name: /^Retry/ });
      await expect(retry).toHaveText('Retry in 2 seconds');
      await expect(retry).toHaveText('Retry in 1 second');
      await expect(retry).toHaveText('Retry');
    });

    test('a conversation is renamed, left, opened and deleted', async ({ signIn, chat, sidebar }) => {
      await signIn();
      await chat.ask('First');
      await chat.answered('First');
      await sidebar.rename('First', 'A better name');
      await expect(sidebar.entries).toHaveText([/A better name/]);
      await sidebar.create.click();
      await expect(chat.emptyHeading).toBeVisible();
      await expect(chat.questions).toHaveCount(0);
      await chat.ask('Second');
      await chat.answered('Second');
      await expect(sidebar.entries).toHaveText([/Second/, /A better name/]);
      await sidebar.open('A better name');
      await expect(chat.questions).toHaveText([/First/]);
      await expect(chat.conversation).not.toContainText('Second');
      await sidebar.search.fill('no such words');
      await expect(sidebar.list).toContainText('No conversation has these words.');
      await sidebar.search.fill('');
      await sidebar.delete('Second');
      await expect(sidebar.entries).toHaveText([/A better name/]);
      await expect(sidebar.list).not.toContainText('No conversation');
    });

    test('notices, dialogs and the language change completely', async ({
      page, context, browserName, signIn, chat,
    }) => {
      await signIn();
      await chat.ask('Hello');
      await chat.answered('Hello');
      // Others allow it after a click.
      if (browserName === 'chromium') await context.grantPermissions(['clipboard-write']);
      await chat.copy(chat.answers.last()).click();
      const copied = chat.answers.last().getByRole('status');
      await expect(copied).toHaveText('Copied');
      await expect(copied).toHaveText('');
      await chat.edit(chat.questions.last());
      await expect(page.getByText('You are editing a question.')).toBeVisible();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await expect(page.getByText('You are editing a question.')).toHaveCount(0);
      await chat.message.fill('x'.repeat(32_011));
      await expect(page.getByRole('alert')).toContainText('11 of 32,011 characters are too many');
      await chat.message.press('Backspace');
      await expect(page.getByRole('alert')).toContainText('10 of 32,010 characters are too many');
      await chat.message.fill('');
      await expect(page.getByRole('alert')).toHaveCount(0);

      await chat.language.selectOption('Français');
      const french = wordsOf('fr');
      await expect(page.locator('body')).not.toContainText(/Sign out|New conversation|Edit/);
      const { account } = chatPage(page, french);
      await account.open();
      await expect(account.signOut).toHaveText('Se déconnecter');
      await expect(account.menu).not.toContainText(/Sign out|Privacy|Dark/);
      await expect(sidebarOf(page, french).create).toHaveText('Nouvelle conversation');
      await chatPage(page, french).language.selectOption('English');
      await expect(page.locator('body')).not.toContainText(/Se déconnecter|Nouvelle conversation/);

      const { open, dialog, rows, close } = sessionsDialog(page);
      await open();
      await expect(rows).toHaveCount(1);
      await expect(dialog).not.toContainText('Looking…');
      await close.click();
      await chat.signOut.click();
      await signedOutPage(page).everywhere();
      await expect(page.locator('main')).not.toContainText('has not confirmed');
    });
  });
}

/** The text of each message, without what an answer took. */
const textsOf = (page: Page) =>
  page.locator('article').evaluateAll((messages) =>
    messages.map((message) =>
      [...message.querySelectorAll('.markdown, .text, .thinking')].map((part) => part.textContent).join('\n')));

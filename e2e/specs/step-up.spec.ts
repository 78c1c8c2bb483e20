// Actions that ask for a more recent or a stronger sign-in (`STEP_UP_…`): the page says so, and goes on after it.

import { readFile } from 'node:fs/promises';

import type { Locator, Page } from '@playwright/test';

import { expectAccessible } from '../fixtures/axe';
import { needs } from '../fixtures/engines';
import { settingsFile } from '../fixtures/settings-file';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { sessionsDialog } from '../pages/sessions';
import { signedOutPage } from '../pages/signed-out';

/** So long ago have people signed in at the provider, in seconds. */
const LONG_AGO = { signed_in_ago: 3600 };

const RECENT = 'max_age=300';

test.beforeEach(({ user }) => {
  mayLog(statusError(401));
  return user.set(LONG_AGO);
});

/** A conversation, and a message that is not sent yet. */
async function withDraft(page: Page, chat: { ask: (text: string) => Promise<void>; answered: (text: string) => Promise<void>; message: Locator }) {
  await chat.ask('What are latches?');
  await chat.answered('What are latches?');
  await chat.message.fill('Half a thought');
  await expect(page).toHaveURL(/\/c\/[\w-]+$/);
}

test.describe('an export', () => {
  test.use({ appSettings: { STEP_UP_EXPORT: `${RECENT} acr=phr acr=phrh` } });

  test('asks to sign in again, and is done after that, in a new session and with the draft kept', async ({
    page, browserName, signIn, chat, sidebar, login, user, wire, words,
  }) => {
    // T54, T73
    needs(browserName, 'downloads');
    await signIn();
    await withDraft(page, chat);
    const url = page.url();
    const { session } = await wire.current();
    await sidebar.choose('What are latches?', 'Export as Markdown');
    await expect(sidebar.failure).toContainText('This needs you to sign in again');
    await expectAccessible(page, 'step-up');

    const again = sidebar.failure.getByRole('button', { name: words.signInAgain });
    await again.focus();
    await page.keyboard.press('Enter');
    await login.isOpen();
    const download = page.waitForEvent('download');
    await login.signInAs(user.name);
    const file = await download;
    expect(await readFile(await file.path(), 'utf8')).toContain('What are latches?');
    await expect(page).toHaveURL(url);
    await expect(chat.message).toHaveValue('Half a thought');
    expect((await wire.current()).session).not.toBe(session);

    // It is recent enough for the next one.
    const next = page.waitForEvent('download');
    await sidebar.choose('What are latches?', 'Export as JSON');
    expect((await next).suggestedFilename()).toMatch(/\.json$/);
    await expect(sidebar.failure).toBeHidden();
  });

  test('is nothing that a reload does again', async ({ page, browserName, signIn, chat, sidebar, login, user, words }) => {
    needs(browserName, 'downloads');
    await signIn();
    await withDraft(page, chat);
    await sidebar.choose('What are latches?', 'Export as Markdown');
    const download = page.waitForEvent('download');
    await sidebar.failure.getByRole('button', { name: words.signInAgain }).click();
    await login.signInAs(user.name);
    await download;
    let downloads = 0;
    page.on('download', () => { downloads += 1; });
    await page.reload();
    await expect(chat.message).toHaveValue('Half a thought');
    expect(downloads).toBe(0);
  });

  for (const [what, settings] of Object.entries({
    'whose sign-in is not strong enough': { acr: '0' },
    'who says no at the provider': { deny: true },
    'whom the provider can’t verify so': { authorize_error: 'unmet_authentication_requirements' },
  })) {
    test(`a person ${what} reads that, and goes on without it`, async ({
      page, signIn, chat, sidebar, login, user, wire, words, callback,
    }) => {
      // T73
      await signIn();
      await withDraft(page, chat);
      const url = page.url();
      const { session } = await wire.current();
      await user.set(settings);
      await sidebar.choose('What are latches?', 'Export as Markdown');
      await sidebar.failure.getByRole('button', { name: words.signInAgain }).click();
      await login.signInAs(user.name);
      await expect(page.getByRole('heading', { level: 1, name: 'That sign-in was not enough' })).toBeVisible();
      await expectAccessible(page, 'step-up failed');
      await expect(callback.tryAgain).toBeVisible();
      await page.getByRole('button', { name: words.goOnWithout }).click();

      await expect(page).toHaveURL(url);
      await expect(chat.message).toHaveValue('Half a thought');
      expect((await wire.current()).session).toBe(session);
      await chat.message.press('Enter');
      await chat.answered('Half a thought');
      // It is asked for again, and nothing more happens automatically.
      await sidebar.choose('What are latches?', 'Export as Markdown');
      await expect(sidebar.failure).toContainText('This needs you to sign in again');
      await expect(page).toHaveURL(url);
    });
  }

  test('can be tried again', async ({ page, browserName, signIn, chat, sidebar, login, user, words, callback }) => {
    needs(browserName, 'downloads');
    await signIn();
    await withDraft(page, chat);
    await user.set({ acr: '0' });
    await sidebar.choose('What are latches?', 'Export as Markdown');
    await sidebar.failure.getByRole('button', { name: words.signInAgain }).click();
    await login.signInAs(user.name);
    await user.set({ acr: null });
    await callback.tryAgain.click();
    const download = page.waitForEvent('download');
    await login.signInAs(user.name);
    await download;
    await expect(chat.message).toHaveValue('Half a thought');
  });

  test.describe('in French', () => {
    test.use({ locale: 'fr-FR' });

    test('says all of it in French', async ({ page, signIn, chat, sidebar, login, user, words }) => {
      await signIn();
      await withDraft(page, chat);
      await user.set({ acr: '0' });
      await sidebar.choose('What are latches?', 'Exporter en Markdown');
      await expect(sidebar.failure).toContainText('Il faut vous reconnecter pour cela');
      await sidebar.failure.getByRole('button', { name: words.signInAgain }).click();
      await login.signInAs(user.name);
      await expect(page.getByRole('heading', { name: 'Cette connexion n’a pas suffi' })).toBeVisible();
      await page.getByRole('button', { name: words.goOnWithout }).click();
      await expect(chat.message).toHaveValue('Half a thought');
    });
  });
});

test.describe('a message', () => {
  test.use({ appSettings: { STEP_UP_CHAT: RECENT } });

  test('is sent after the sign-in that it asks for', async ({ signIn, chat, login, user }) => {
    // T73
    // The page comes back to the conversation before its first message is stored.
    mayLog(statusError(404));
    await signIn();
    await chat.ask('May I?');
    await expect(chat.failure).toContainText('This needs you to sign in again');
    await expect(chat.retry).toBeHidden();
    await chat.signInAgain.click();
    await login.signInAs(user.name);
    await chat.answered('May I?');
    await expect(chat.questions).toHaveCount(1);
  });
});

test.describe('a model', () => {
  const models = [{ id: 'general', name: 'General' }, { id: 'large', name: 'Large', step_up: true }];
  test.use({
    appSettings: {
      MOCK_UPSTREAM_ADDR: '127.0.0.1:0',
      CHAT_MODELS_FILE: settingsFile('guarded-models.json', models),
      STEP_UP_MODEL: RECENT,
    },
  });

  test('answers after the sign-in that it asks for, and the others do not ask', async ({ page, signIn, chat, login, user }) => {
    // T73
    await signIn();
    await chat.ask('May everybody?');
    await chat.answered('May everybody?');
    await page.getByRole('button', { name: 'Model: General' }).click();
    await page.getByRole('menuitemradio', { name: 'Large' }).click();
    await chat.ask('May I?');
    await expect(chat.failure).toContainText('This needs you to sign in again');
    await chat.signInAgain.click();
    await login.signInAs(user.name);
    await chat.answered('May I?');
    await expect(chat.answers.last()).toContainText('Model: Large');
    await expect(chat.questions).toHaveCount(2);
  });
});

test.describe('the end of all sessions', () => {
  test.use({ appSettings: { STEP_UP_END_ALL_SESSIONS: RECENT } });

  test('asks to sign in again, and then ends them', async ({ page, signIn, login, user, words }) => {
    // T73, T88
    const sessions = sessionsDialog(page, words);
    await signIn();
    await sessions.open();
    await sessions.endAll.click();
    await expect(sessions.failure).toContainText('This needs you to sign in again');
    await sessions.failure.getByRole('button', { name: words.signInAgain }).click();
    await login.signInAs(user.name);
    await signedOutPage(page).everywhere();
  });
});

test.describe('a deletion', () => {
  test.use({ appSettings: { STEP_UP_DELETE: RECENT } });

  test('asks to sign in again, and then deletes', async ({ page, signIn, chat, sidebar, login, user, words, clock }) => {
    // T73
    // The page comes back to the conversation, and may ask for it once it is deleted.
    mayLog(statusError(404));
    await signIn();
    await withDraft(page, chat);
    await sidebar.delete('What are latches?');
    await clock.advance({ seconds: 11 });
    await expect(sidebar.failure).toContainText('This needs you to sign in again');
    await expect(sidebar.entry('What are latches?')).toBeVisible();
    await sidebar.failure.getByRole('button', { name: words.signInAgain }).click();
    await login.signInAs(user.name);
    await expect(sidebar.entry('What are latches?')).toBeHidden();
    await expect(page).toHaveURL('/chat');
  });
});

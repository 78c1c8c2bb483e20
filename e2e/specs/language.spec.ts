import { readFile } from 'node:fs/promises';

import { needs } from '../fixtures/engines';
import { answerNextWith, delta, ended, expect, opened, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';

test.describe('in a French browser', () => {
  test.use({ locale: 'fr-FR' });

  test('everything is said in French, failures and announcements too', async ({ page, user, login }) => {
    await page.goto('/auth/callback');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Aucune connexion à terminer');
    await page.getByRole('button', { name: 'Réessayer' }).click();
    await login.signInAs(user.name);

    await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
    await expect(page.getByRole('heading', { name: 'Que souhaitez-vous savoir' })).toBeVisible();
    await answerNextWith(page, [opened, delta('Oui.'), ended('length')]);
    await page.getByRole('textbox', { name: 'Message' }).fill('Bonjour');
    await page.getByRole('button', { name: 'Envoyer' }).click();
    await expect(page.getByRole('article', { name: 'Assistant' })).toContainText('la réponse a atteint sa longueur maximale');
    await expect(page.locator('#announcements')).toContainText('la réponse a atteint sa longueur maximale');
  });

  test('a conversation is exported with French headings', async ({ page, browserName, signIn, chat, sidebar }) => {
    needs(browserName, 'downloads');
    await signIn();
    await chat.ask('Bonjour');
    await chat.answered('Bonjour');
    await sidebar.more('Bonjour');
    const download = page.waitForEvent('download');
    await sidebar.item('Exporter en Markdown').click();
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text).toContain('## Réponse');
  });

  test('a language chosen on the page is kept', async ({ page, signIn, chat }) => {
    await signIn();
    await chat.language.selectOption('English');
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    const english = chatPage(page);
    await expect(english.emptyHeading).toBeVisible();
    await page.reload();
    await expect(english.emptyHeading).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test('a language nobody wrote a catalogue for is answered in English', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, locale: 'de-DE' });
  const page = await context.newPage();
  await page.goto('/signed-out');
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await context.close();
});

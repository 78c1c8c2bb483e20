// The operator's words: the notice, name and logo, questions to start with, and what the model's server receives.

import { generateKeyPairSync } from 'node:crypto';

import { expectAccessible } from '../fixtures/axe';
import { settingsFile } from '../fixtures/settings-file';
import { expect, mayLog, statusError, test } from '../fixtures/test';

const notice = {
  version: '2026-11',
  title: { en: 'Use of AI', fr: 'Usage de l’IA' },
  text: {
    en: 'Answers may be **wrong**. Read [our rules](https://intranet.example.com/ai).\n\n- No names of customers\n- No passwords',
    fr: 'Les réponses peuvent être **fausses**.',
  },
};

const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="#1f4f8f"/></svg>';
const branding = {
  name: { en: 'Ask the DBA', fr: 'Demandez au DBA' },
  logo: settingsFile('logo.svg', logo),
  starters: [{ topic: { en: 'Backups', fr: 'Sauvegardes' }, question: { en: 'When was the last backup?', fr: 'À quand remonte la dernière sauvegarde ?' } }],
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = settingsFile('user-token.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());

test.describe('a notice', () => {
  test.use({ appSettings: { NOTICE_FILE: settingsFile('notice.json', notice) } });

  test('it is accepted once, before the first question, by keyboard', { tag: '@engines' }, async ({ page, signIn, chat }) => {
    await signIn();
    const dialog = page.getByRole('dialog', { name: 'Use of AI' });
    await expect(dialog).toContainText('Answers may be wrong.');
    await expect(dialog.getByRole('listitem')).toHaveText(['No names of customers', 'No passwords']);
    await expectAccessible(page, 'the notice');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(dialog, 'it stays until it is accepted').toBeVisible();
    await dialog.getByRole('button', { name: 'I have read and accept this' }).focus();
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
    await chat.ask('May I?');
    await chat.answered('May I?');

    await page.reload();
    await chat.answered('May I?');
    await expect(dialog).toBeHidden();
    await chat.account.choose('Privacy and data');
    const privacy = page.getByRole('dialog', { name: 'Privacy and data' });
    await expect(privacy).toContainText('You accepted version 2026-11 on');
    await expectAccessible(page, 'privacy with the notice');
    await privacy.getByRole('button', { name: 'Read the notice' }).click();
    await expect(dialog).toContainText('Answers may be wrong.');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(dialog).toBeHidden();
  });

  test('who does not accept it signs out, and the server refuses who goes round it', async ({ page, signIn }) => {
    mayLog(statusError(403));
    await signIn();
    const dialog = page.getByRole('dialog', { name: 'Use of AI' });
    await expect(dialog).toBeVisible();
    // As a page that knows nothing of the notice.
    await dialog.evaluate((it: HTMLDialogElement) => it.close());
    await page.getByRole('textbox', { name: 'Message' }).fill('Unseen');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await expect(page.getByRole('log').getByText('There is a notice to accept first')).toBeVisible();
    await expect(dialog, 'it is shown again').toBeVisible();
    await dialog.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  });

  test.describe('in French', () => {
    test.use({ locale: 'fr-FR', viewport: { width: 390, height: 700 } });

    test('it is read in French, on a phone', async ({ page, signIn, chat }) => {
      await signIn();
      const dialog = page.getByRole('dialog', { name: 'Usage de l’IA' });
      await expect(dialog).toContainText('Les réponses peuvent être fausses.');
      await expectAccessible(page, 'the notice in French');
      await dialog.getByRole('button', { name: 'J’ai lu et j’accepte' }).click();
      await expect(dialog).toBeHidden();
      await chat.askByButton('Puis-je ?');
      await chat.answered('Puis-je ?');
    });
  });
});

test.describe('a name', () => {
  test.use({ appSettings: { BRANDING_FILE: settingsFile('branding.json', branding) } });

  test('the page has the operator’s name, logo and questions', { tag: '@engines' }, async ({ page, signIn, chat }) => {
    await signIn();
    await expect(page).toHaveTitle('Ask the DBA');
    await expect(chat.title).toHaveText('Ask the DBA');
    const image = chat.banner.locator('img');
    await expect.poll(() => image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
    await expectAccessible(page, 'a name and a logo');
    await expect(chat.starters).toHaveCount(1);
    await chat.starters.first().click();
    await chat.answered('When was the last backup?');
    await expect(page).toHaveTitle('When was the last backup? · Ask the DBA');
    await expect(chat.banner.getByRole('img', { name: 'Ask the DBA' })).toBeVisible();
    await expectAccessible(page, 'a logo beside a title');
    await chat.signOut.click();
    await expect(page).toHaveTitle('You are signed out · Ask the DBA');
  });

  test.describe('in French', () => {
    test.use({ locale: 'fr-FR' });

    test('name and questions are in French', async ({ page, signIn, chat }) => {
      await signIn();
      await expect(page).toHaveTitle('Demandez au DBA');
      await expect(chat.starters.first()).toContainText('À quand remonte la dernière sauvegarde ?');
    });
  });
});

test.describe('a gateway that learns who asks', () => {
  test.use({
    appSettings: {
      MOCK_UPSTREAM_ADDR: '127.0.0.1:0',
      CHAT_USER_TOKEN_KEYS_FILE: keys,
      CHAT_USER_TOKEN_AUDIENCE: 'gateway',
      CHAT_USER_TOKEN_CLAIMS: 'email roles',
    },
  });

  test('the page says what it receives, and its keys are published', async ({ page, request, baseURL, signIn, chat }) => {
    await signIn();
    await chat.account.choose('Privacy and data');
    const privacy = page.getByRole('dialog', { name: 'Privacy and data' });
    await expect(privacy).toContainText(
      'the model’s server receives: a code made from your account, your email address, your roles, and in which conversation you ask.',
    );
    const answer = await request.get(`${baseURL}/.well-known/jwks.json`);
    expect(await answer.json()).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' }] });
    expect(await answer.text(), 'no private half').not.toContain('"d"');
  });
});

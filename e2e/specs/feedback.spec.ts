import { expectAccessible } from '../fixtures/axe';
import { expect, mayLog, statusError, test } from '../fixtures/test';

test('a thumb is stored, kept over a reload, changed and taken back', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('Is it good?');
  await chat.answered('Is it good?');
  const good = chat.answers.last().getByRole('button', { name: 'Good answer' });
  const bad = chat.answers.last().getByRole('button', { name: 'Bad answer' });
  await good.focus();
  await page.keyboard.press('Enter');
  await expect(good).toHaveAttribute('aria-pressed', 'true');
  await expectAccessible(page, 'a thumb');
  await page.reload();
  await expect(good).toHaveAttribute('aria-pressed', 'true');
  await bad.click();
  await expect(bad).toHaveAttribute('aria-pressed', 'true');
  await expect(good).toHaveAttribute('aria-pressed', 'false');
  await bad.click();
  await expect(bad).toHaveAttribute('aria-pressed', 'false');
  await page.reload();
  await expect(bad).toHaveAttribute('aria-pressed', 'false');
});

test('a reason is added by keyboard, and is there again when it is looked at', { tag: '@engines' }, async ({
  page, signIn, chat,
}) => {
  await signIn();
  await chat.ask('Is it true?');
  await chat.answered('Is it true?');
  await chat.answers.last().getByRole('button', { name: 'Bad answer' }).click();
  const why = chat.answers.last().getByRole('button', { name: 'Say why' });
  await why.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'What do you think of this answer?' });
  await expectAccessible(page, 'the reason');
  await dialog.getByRole('radio', { name: 'Right or wrong' }).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('radio', { name: 'What it leaves out or adds' })).toBeChecked();
  await dialog.getByRole('textbox').fill('The index is missing.');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog).toBeHidden();
  await expect(why).toBeFocused();

  await page.reload();
  await why.click();
  await expect(dialog.getByRole('radio', { name: 'What it leaves out or adds' })).toBeChecked();
  await expect(dialog.getByRole('textbox')).toHaveValue('The index is missing.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('a thumb that could not be stored is not shown as given', async ({ page, signIn, chat }) => {
  mayLog(statusError(503));
  await signIn();
  await chat.ask('Is it stored?');
  await chat.answered('Is it stored?');
  await page.route('**/api/chat/feedback', (route) =>
    route.fulfill({ status: 503, json: { code: 503, message: '', data: { kind: 'unavailable' } } }), { times: 1 });
  const good = chat.answers.last().getByRole('button', { name: 'Good answer' });
  await good.click();
  await expect(chat.answers.last().getByRole('alert')).toContainText('Something went wrong on our side');
  await expect(good).toHaveAttribute('aria-pressed', 'false');
  await good.click();
  await expect(good).toHaveAttribute('aria-pressed', 'true');
  await expect(chat.answers.last().getByRole('alert')).toBeHidden();
});

test.describe('in French', () => {
  test.use({ locale: 'fr-FR', viewport: { width: 390, height: 700 } });

  test('a thumb and its reason are in French, on a phone', async ({ page, signIn, chat }) => {
    await signIn();
    await chat.askByButton('Est-ce bien ?');
    await chat.answered('Est-ce bien ?');
    await chat.answers.last().getByRole('button', { name: 'Mauvaise réponse' }).click();
    await chat.answers.last().getByRole('button', { name: 'Dire pourquoi' }).click();
    await expectAccessible(page, 'the reason in French');
    await page.getByRole('radio', { name: 'Comment elle est écrite' }).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Envoyer' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
  });
});

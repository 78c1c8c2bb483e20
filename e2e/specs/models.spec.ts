import { expectAccessible } from '../fixtures/axe';
import { settingsFile } from '../fixtures/settings-file';
import { answerNextWith, ended, expect, mayLog, statusError, test } from '../fixtures/test';
import { filesOf } from '../pages/files';

const models = [
  { id: 'general', name: { en: 'General', fr: 'Généraliste' } },
  { id: 'large', name: { en: 'Large', fr: 'Grand' }, max_tokens: 1000, history_chars: 2_000 },
  { id: 'internal', name: 'Internal', roles: ['dba'] },
];

test.use({
  appSettings: {
    MOCK_UPSTREAM_ADDR: '127.0.0.1:0',
    CHAT_MODELS_FILE: settingsFile('models.json', models),
  },
});

test('a person chooses a model by keyboard, the answer says which wrote it, and the conversation remembers it', {
  tag: '@engines',
}, async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  const picker = page.getByRole('button', { name: 'Model: General' });
  await picker.focus();
  await page.keyboard.press('Enter');
  const menu = page.getByRole('menu', { name: 'Model: General' });
  await expect(menu.getByRole('menuitemradio')).toHaveText(['General', 'Large']);
  await expect(menu.getByRole('menuitemradio', { name: 'General' })).toBeFocused();
  await expect(menu.getByRole('menuitemradio', { name: 'General' })).toBeChecked();
  await expectAccessible(page, 'the models');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Model: Large' })).toBeFocused();

  await chat.ask('Which one are you?');
  await chat.answered('Which one are you?');
  await expect(chat.answers.last()).toContainText('Model: Large');
  await chat.details(chat.answers.last()).click();
  await expect(chat.answers.last().getByText('Model: Large'), 'also beside the details').toHaveCount(1);
  await expectAccessible(page, 'an answer with its model');
  await page.reload();
  await expect(chat.answers.last()).toContainText('Model: Large');
  await expect(page.getByRole('button', { name: 'Model: Large' })).toBeVisible();

  await sidebar.create.click();
  await expect(page.getByRole('button', { name: 'Model: General' }), 'a new one begins with the default').toBeVisible();
});

test('a model that needs a role is offered to those who have it', async ({ page, user, signIn, chat }) => {
  await user.set({ roles: ['dba'] });
  await signIn();
  await page.getByRole('button', { name: 'Model: General' }).click();
  await page.getByRole('menuitemradio', { name: 'Internal' }).click();
  await chat.ask('What is secret?');
  await chat.answered('What is secret?');
  await expect(chat.answers.last()).toContainText('Model: Internal');
});

test('how much of a file is sent is what the chosen model takes', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await files.choose({ name: 'big.log', mimeType: 'text/plain', text: 'a line of the log\n'.repeat(2_000) });
  await expect(files.status).toContainText('All of it fits');
  await page.getByRole('button', { name: 'Model: General' }).click();
  await page.getByRole('menuitemradio', { name: 'Large' }).click();
  await expect(files.status).toContainText(/34,\d{3} of 36,000 characters/);
  await chat.ask('What is in it?');
  await expect(chat.answers.last(), 'as was announced').toContainText(/the model was sent 1,\d{3} of 36,000 characters/);
});

test('a question that is too long for one model can be asked of another', async ({ page, signIn, chat, wire }) => {
  // The server does not know the question that the test answered in its place.
  mayLog(statusError(404));
  await signIn();
  const openedByGeneral = { type: 'open', question: 'q-1', answer: 'a-1', model: 'general' } as const;
  await answerNextWith(page, [openedByGeneral, { type: 'error', kind: 'too_long' }, ended('interrupted')]);
  await chat.ask('Why?');
  await expect(chat.failure).toContainText('This question is too long for the model');
  await expect(chat.retry, 'the same model would refuse it again').toHaveCount(0);
  await page.getByRole('button', { name: 'Model: General' }).click();
  await page.getByRole('menuitemradio', { name: 'Large' }).click();
  await chat.retry.click();
  await expect.poll(() => wire.calls('POST', '/api/chat').at(-1)!.postDataJSON().model).toBe('large');
});

test('a conversation whose model is gone says so, and goes on with the default', async ({ page, signIn, chat }) => {
  await signIn();
  await page.getByRole('button', { name: 'Model: General' }).click();
  await page.getByRole('menuitemradio', { name: 'Large' }).click();
  await chat.ask('First');
  await chat.answered('First');
  await page.route('**/api/chat/options', async (route) => {
    const answer = await route.fetch();
    const options = await answer.json();
    options.models = options.models.filter((model: { id: string }) => model.id !== 'large');
    await route.fulfill({ response: answer, json: options });
  });
  await page.reload();
  await expect(page.getByText('“large” is no longer offered. “General” will answer your next question.')).toBeVisible();
  await expectAccessible(page, 'a model that is gone');
  await chat.ask('Second');
  await chat.answered('Second');
  await expect(chat.answers.last()).toContainText('Model: General');
  await expect(page.getByText('is no longer offered')).toBeHidden();
});

test('a model that was withdrawn while the page was open is refused, and another one can be chosen', async ({
  page, signIn, chat,
}) => {
  mayLog(statusError(403));
  await signIn();
  // As a page that was loaded before the list was changed.
  await page.route('**/api/chat/options', async (route) => {
    const answer = await route.fetch();
    const options = await answer.json();
    options.models.push({ id: 'old', name: { en: 'Old', fr: 'Ancien' } });
    await route.fulfill({ response: answer, json: options });
  }, { times: 1 });
  await page.reload();
  await page.getByRole('button', { name: 'Model: General' }).click();
  await page.getByRole('menuitemradio', { name: 'Old' }).click();
  await chat.ask('Are you there?');
  await expect(chat.failure).toContainText('This model is not offered to you any more');
  await expect(page.getByRole('button', { name: 'Model: General' })).toBeVisible();
  await chat.retry.click();
  await chat.answered('Are you there?');
  await expect(chat.answers.last()).toContainText('Model: General');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the model stands beside the button, in one row', async ({ page, signIn, chat }) => {
    await signIn();
    const [model, send] = await Promise.all([
      page.getByRole('button', { name: 'Model: General' }).boundingBox(), chat.send.boundingBox(),
    ]);
    expect(model!.y + model!.height / 2).toBeCloseTo(send!.y + send!.height / 2, -1);
    await expect(page.getByText('Enter sends'), 'no room for it').toBeHidden();
  });
});

test.describe('in French', () => {
  test.use({ locale: 'fr-FR' });

  test('models have their French names', async ({ page, signIn, chat }) => {
    await signIn();
    await page.getByRole('button', { name: 'Modèle : Généraliste' }).click();
    await page.getByRole('menuitemradio', { name: 'Grand' }).click();
    await chat.ask('Qui es-tu ?');
    await chat.answered('Qui es-tu ?');
    await expect(chat.answers.last()).toContainText('Modèle : Grand');
  });
});

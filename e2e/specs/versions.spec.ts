// Versions of questions and answers: nothing that was said is lost.

import { readFile } from 'node:fs/promises';

import { expectAccessible } from '../fixtures/axe';
import { needs } from '../fixtures/engines';
import { besideModel, expect, mayLog, noAnswer, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { versionSwitch } from '../pages/versions';
import { wordsOf } from '../pages/words';

const retry = { name: 'Retry', exact: true };

/** The question "One" gets a second version, "Two", each with its answer. */
async function askAndEdit(chat: ReturnType<typeof chatPage>) {
  await chat.ask('One');
  await chat.answered('One');
  await chat.edit(chat.questions.first());
  await chat.ask('Two');
  await chat.answered('Two');
}

test('an edited question keeps the earlier one, and the switch leads to it', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('First');
  await chat.answered('First');
  await chat.ask('Second');
  await chat.answered('Second');
  await chat.edit(chat.questions.first());
  await expect(page.getByText('Sending adds a version')).toBeVisible();
  await chat.ask('First, better');
  await chat.answered('First, better');
  await expect(chat.questions).toHaveCount(1);
  const question = versionSwitch(chat.questions.first());
  await question.shows(2, 2);
  await expect(versionSwitch(chat.answers.first()).group, 'its answer has one').toHaveCount(0);

  await question.previous.click();
  await expect(chat.questions).toHaveCount(2);
  await expect(chat.questions.last()).toContainText('Second');
  await question.shows(1, 2);
  await page.reload();
  await expect(chat.questions, 'the server knows what was chosen').toHaveCount(2);
  await question.shows(1, 2);

  await chat.ask('Third');
  await chat.answered('Third');
  await expect(chat.questions, 'it is continued').toHaveCount(3);
  await question.next.click();
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.answers.last()).toContainText('First, better');
});

test('an answer that is asked for again stays, and both can be read', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/table');
  await expect(chat.send).toBeVisible();
  await expect(chat.answers.last().getByRole('table')).toBeVisible();
  await chat.answers.last().getByRole('button', retry).click();
  await expect(chat.answers.last().getByRole('table')).toBeVisible();
  const answer = versionSwitch(chat.answers.last());
  await answer.shows(2, 2);
  await expect(chat.questions).toHaveCount(1);
  await answer.previous.click();
  await answer.shows(1, 2);
  await expect(chat.answers).toHaveCount(1);
  await page.reload();
  await answer.shows(1, 2);
});

test('the switch is used by keys, keeps the focus, and says the version', { tag: '@engines' }, async ({
  page, signIn, chat,
}) => {
  await signIn();
  await askAndEdit(chat);
  const question = versionSwitch(chat.questions.first());
  await question.shows(2, 2);
  await question.previous.focus();
  await page.keyboard.press('Enter');
  await question.shows(1, 2);
  await expect(question.previous, 'also at the end of its way').toBeFocused();
  await expect(question.previous).toHaveAttribute('aria-disabled', 'true');
  await expect(chat.announcements).toContainText('Version 1 of 2');
  await page.keyboard.press('Enter');
  await question.shows(1, 2);
  await page.keyboard.press('Tab');
  await expect(question.next).toBeFocused();
  await page.keyboard.press('Space');
  await question.shows(2, 2);
  await expect(question.next).toBeFocused();
  await expectAccessible(page, 'versions');
  for (const button of [question.previous, question.next]) {
    const box = (await button.boundingBox())!;
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
  }
});

test('an answer is written on while another version is shown', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.stop.click();
  await chat.answers.last().getByRole('button', retry).click();
  const answer = versionSwitch(chat.answers.last());
  await answer.shows(2, 2);
  await expect(chat.answers.last()).toContainText('word 3,');
  await answer.previous.click();
  await answer.shows(1, 2);
  await expect(chat.answers.last()).toContainText('Stopped');
  await expect(chat.answers).toHaveCount(1);
  const elsewhere = page.getByText(wordsOf().runningElsewhere);
  await expect(elsewhere).toBeVisible();
  await expect(chat.stop).toBeVisible();
  await expectAccessible(page, 'an answer in another version');

  // A page that is loaded now follows it, too: it does not end for want of a reader.
  await page.reload();
  await expect(elsewhere).toBeVisible();
  await answer.shows(1, 2);
  await page.getByRole('button', { name: wordsOf().showRunning }).click();
  await answer.shows(2, 2);
  await expect(elsewhere).toHaveCount(0);
  await expect(chat.answers.last()).toContainText('word 12,');
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped');
});

test('the end of an answer in another version is there when it is shown again', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.stop.click();
  await chat.answers.last().getByRole('button', retry).click();
  const answer = versionSwitch(chat.answers.last());
  await expect(chat.answers.last()).toContainText('word 3,');
  await answer.previous.click();
  await answer.shows(1, 2);
  await chat.stop.click();
  await expect(chat.send).toBeVisible();
  await expect(page.getByText(wordsOf().runningElsewhere)).toHaveCount(0);
  await answer.next.click();
  await answer.shows(2, 2);
  await expect(chat.answers.last()).toContainText('word 3,');
  await expect(chat.answers.last()).toContainText('Stopped');
  await expect(chat.answers).toHaveCount(1);
});

test('two pages show what was chosen, and each continues what it shows', async ({ page, context, signIn, chat }) => {
  await signIn();
  await askAndEdit(chat);
  const other = await context.newPage();
  await other.goto(page.url());
  const there = chatPage(other);
  await versionSwitch(there.questions.first()).shows(2, 2);
  await versionSwitch(chat.questions.first()).previous.click();
  await expect(chat.questions).toContainText('One');
  await other.reload();
  await versionSwitch(there.questions.first()).shows(1, 2);
  await expect(there.questions).toContainText('One');

  // The first page goes to the other version, and the second one, which does not know that, goes on with its own.
  await versionSwitch(chat.questions.first()).next.click();
  await expect(chat.questions).toContainText('Two');
  await there.ask('More');
  await there.answered('More');
  await expect(there.questions.first()).toContainText('One');
  await page.reload();
  await expect(chat.questions).toHaveCount(2);
  await expect(chat.questions.first()).toContainText('One');
});

test('a version that could not be chosen is not shown, and the page says why', async ({ page, signIn, chat }) => {
  mayLog(noAnswer);
  await signIn();
  await askAndEdit(chat);
  const question = versionSwitch(chat.questions.first());
  await page.route('**/api/conversation/choose', (route) => route.abort('connectionrefused'));
  await question.previous.click();
  await expect(page.getByRole('alert')).toBeVisible();
  await question.shows(2, 2);
  await expect(chat.questions).toContainText('Two');
  await page.unroute('**/api/conversation/choose');
  await question.previous.click();
  await expect(chat.questions).toContainText('One');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an edited question that was not delivered gives way to what is stored', async ({ page, signIn, chat }) => {
  mayLog(noAnswer);
  await signIn();
  await chat.ask('One');
  await chat.answered('One');
  await chat.edit(chat.questions.first());
  await page.route('**/api/chat', (route) => route.abort('connectionrefused'));
  await chat.ask('Two');
  await expect(chat.retry).toBeVisible();
  await page.unroute('**/api/chat');
  await chat.failure.getByRole('button', { name: 'Back to what was there' }).click();
  await expect(chat.questions).toContainText('One');
  await expect(chat.answers.last()).toContainText('One');
  await expect(chat.message, 'the new text is not lost').toHaveValue('Two');
  await chat.message.press('Enter');
  await chat.answered('Two');
  await versionSwitch(chat.questions.first()).shows(2, 2);
});

test('versions are in the exported file, and are found', async ({ page, browserName, signIn, chat, sidebar }) => {
  needs(browserName, 'downloads');
  await signIn();
  await askAndEdit(chat);
  await sidebar.more('Two');
  const download = page.waitForEvent('download');
  await sidebar.item('Export as Markdown').click();
  const text = await readFile(await (await download).path(), 'utf8');
  expect(text).toContain('version 2 of 2');
  expect(text).toContain('# Other versions');
  expect(text.indexOf('\nOne\n')).toBeGreaterThan(text.indexOf('# Other versions'));
  await sidebar.search.fill('One');
  await expect(sidebar.entry('Two')).toBeVisible();
});

test('what is typed stays when an answer is asked for again or continued', async ({ signIn, chat }) => {
  await signIn();
  await chat.ask('One');
  await chat.answered('One');
  await chat.message.fill('half a thought');
  await chat.answers.last().getByRole('button', retry).click();
  await versionSwitch(chat.answers.last()).shows(2, 2);
  await expect(chat.message).toHaveValue('half a thought');
});

test.describe('in French', () => {
  test.use({ locale: 'fr-FR' });

  test('the switch speaks French', async ({ page, signIn }) => {
    const words = wordsOf('fr-FR');
    const chat = chatPage(page, words);
    await signIn();
    await chat.ask('Un');
    await chat.answered('Un');
    await chat.edit(chat.questions.first());
    await chat.ask('Deux');
    await chat.answered('Deux');
    const question = versionSwitch(chat.questions.first(), words);
    await question.shows(2, 2);
    await question.previous.click();
    await question.shows(1, 2);
    await expectAccessible(page, 'versions in French');
  });
});

test.describe('the model', () => {
  test.use(besideModel);

  test('hears the version that is shown, and nothing of the others', async ({ user, model, signIn, chat }) => {
    const [first, second, last] = ['first', 'second', 'last'].map((word) => `${word} of ${user.name}`);
    await signIn();
    await chat.ask(first);
    await chat.answered(first);
    await chat.edit(chat.questions.first());
    await chat.ask(second);
    await chat.answered(second);
    await versionSwitch(chat.questions.first()).previous.click();
    await expect(chat.questions).toContainText(first);
    await chat.ask(last);
    await chat.answered(last);
    const [asked] = await model.questions(last);
    const texts = asked.body.messages.map((message) => message.content);
    expect(texts.some((text) => text.includes(first))).toBe(true);
    expect(texts.some((text) => text.includes(second))).toBe(false);
  });

  test('that fails leaves no empty version', async ({ user, model, signIn, chat }) => {
    const question = `Why does ${user.name} wait?`;
    await model.plays(question, 'quota');
    await signIn();
    await chat.ask(question);
    await expect(chat.failure).toBeVisible();
    await chat.retry.click();
    await chat.answered(question);
    await expect(versionSwitch(chat.answers.last()).group).toHaveCount(0);
  });
});

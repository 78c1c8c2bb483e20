// A message that is sent while an answer is being written waits for its end.

import type { Page } from '@playwright/test';

import { eventStream, type AnswerEvent } from '../fixtures/answers';
import { expectAccessible } from '../fixtures/axe';
import { answerNextWith, besideModel, delta, ended, expect, onNextMessage, opened, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { filesOf } from '../pages/files';
import { waitingMessage } from '../pages/waiting-message';
import { wordsOf } from '../pages/words';

test('Enter lets a message wait, and it is sent when the answer has ended', { tag: '@engines' }, async ({
  page, signIn, chat, wire,
}) => {
  await signIn();
  await chat.ask('/table');
  await expect(chat.stop).toBeVisible();
  await chat.ask('And then?');
  const waiting = waitingMessage(page);
  await expect(waiting.group).toContainText('Sent when this answer is done');
  await expect(waiting.group).toContainText('And then?');
  await expect(chat.message).toHaveValue('');
  await expect(chat.message).toBeFocused();
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
  await chat.message.fill('typed since');
  await chat.answered('And then?');
  await expect(chat.questions).toHaveCount(2);
  await expect(waiting.group).toHaveCount(0);
  await expect(chat.message, 'what was typed since stays').toHaveValue('typed since');
});

test('a waiting message can be changed and removed, by keys', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.ask('One more');
  const waiting = waitingMessage(page);
  await expect(waiting.group).toBeVisible();
  await expectAccessible(page, 'a message waits');
  for (const button of [waiting.change, waiting.remove]) {
    const box = (await button.boundingBox())!;
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
  }
  await chat.message.fill('Another');
  await expect(chat.message, 'one can wait').toHaveAccessibleDescription('A message is waiting already.');
  await chat.message.press('Enter');
  await expect(chat.message).toHaveValue('Another');

  await waiting.change.press('Enter');
  await expect(waiting.group).toHaveCount(0);
  await expect(chat.message).toBeFocused();
  await expect(chat.message).toHaveValue('One more\n\nAnother');
  await chat.message.press('Enter');
  await expect(waiting.group).toContainText('Another');
  await waiting.remove.press('Space');
  await expect(waiting.group).toHaveCount(0);
  await expect(chat.announcements).toContainText('The message was removed.');
  await expect(chat.message).toBeFocused();
  await chat.stop.click();
  await expect(chat.questions).toHaveCount(1);
});

test('a waiting message survives a reload', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/table');
  await expect(chat.stop).toBeVisible();
  await chat.ask('And then?');
  await expect(waitingMessage(page).group).toBeVisible();
  await page.reload();
  await chat.answered('And then?');
  await expect(chat.questions).toHaveCount(2);
  await page.reload();
  await expect(chat.questions, 'it is sent once').toHaveCount(2);
});

test('a message waits with its files, over a reload, and is sent with them', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  const waiting = waitingMessage(page);
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await files.choose({ name: 'alert.log', mimeType: 'text/plain', text: 'ORA-00600: internal error\n' });
  await chat.ask('What is this?');
  await expect(waiting.group).toContainText('What is this?');
  await expect(waiting.group).toContainText('alert.log');
  await expect(files.attached).toHaveCount(0);
  await expectAccessible(page, 'a message waits with a file');

  await waiting.change.click();
  await expect(chat.message).toHaveValue('What is this?');
  await expect(files.attached).toContainText('alert.log');
  await chat.message.press('Enter');
  await expect(waiting.group).toContainText('alert.log');
  await page.reload();
  await expect(waiting.group).toContainText('alert.log');
  await chat.stop.click();
  await waiting.sendNow.click();
  await expect(waiting.group).toHaveCount(0);
  await expect(files.ofQuestion(chat.questions.last())).toContainText('alert.log');
  await chat.answered('ORA-00600');
});

test('after a stop and a failure it waits for the person', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.ask('And then?');
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped');
  const waiting = waitingMessage(page);
  await expect(waiting.group).toContainText('Not sent');
  await page.reload();
  await expect(waiting.group).toContainText('And then?');
  await expectAccessible(page, 'a message was not sent');
  await waiting.sendNow.click();
  await chat.answered('And then?');
  await expect(waiting.group).toHaveCount(0);

  const fail = await answerNextLater(page, [opened, { type: 'error', kind: 'busy' }, ended('interrupted')]);
  await chat.ask('It fails');
  await chat.ask('And after?');
  await expect(waiting.group).toContainText('Sent when this answer is done');
  fail();
  await expect(chat.failure).toContainText('The model is busy');
  await expect(waiting.group).toContainText('Not sent');
  await waiting.remove.click();
  await expect(waiting.group).toHaveCount(0);
});

test('an answer that was cut off at its length is an end', async ({ page, signIn, chat }) => {
  await signIn();
  const end = await answerNextLater(page, [opened, delta('The beginning'), ended('length')]);
  await chat.ask('One');
  await chat.ask('Two');
  await expect(waitingMessage(page).group).toBeVisible();
  const next: AnswerEvent = { type: 'open', question: 'q-2', answer: 'a-2', model: 'scripted' };
  await answerNextWith(page, [next, delta('To the second'), ended('complete')]);
  end();
  await chat.answered('To the second');
});

test('each conversation has its own', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last()).toContainText('word 2,');
  await chat.ask('And then?');
  const waiting = waitingMessage(page);
  await expect(waiting.group).toBeVisible();
  await sidebar.create.click();
  await expect(waiting.group).toHaveCount(0);
  await sidebar.open('/slow');
  await expect(waiting.group).toBeVisible();
  await chat.stop.click();
});

test.describe('a touch screen', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test.skip(({ browserName }) => browserName === 'firefox', 'needs an emulated phone, which Playwright has not in Firefox');

  test('a message waits by a button, where Enter breaks the line', async ({ page, signIn, chat }) => {
    await signIn();
    await chat.askByButton('/slow');
    await expect(chat.answers.last()).toContainText('word 2,');
    await chat.message.fill('And then?');
    const waiting = waitingMessage(page);
    await waiting.sendLater.click();
    await expect(waiting.group).toContainText('And then?');
    await chat.stop.click();
  });
});

test.describe('in French', () => {
  test.use({ locale: 'fr-FR' });

  test('it waits in French', async ({ page, signIn }) => {
    const words = wordsOf('fr-FR');
    const chat = chatPage(page, words);
    await signIn();
    await chat.ask('/slow');
    await expect(chat.stop).toBeVisible();
    await chat.ask('Et ensuite');
    const waiting = waitingMessage(page, words);
    await expect(waiting.group).toContainText('Envoyé à la fin de cette réponse');
    await waiting.remove.click();
    await expect(chat.announcements).toContainText('Le message est retiré.');
    await chat.stop.click();
  });
});

test.describe('beside a model', () => {
  test.use(besideModel);

  test('a waiting message is asked with the answer it waited for', async ({ user, model, signIn, chat, page }) => {
    const [first, second] = [`first of ${user.name}`, `second of ${user.name}`];
    await model.plays(first, 'answer', { number: 200 });
    await signIn();
    await chat.ask(first);
    await expect(chat.stop).toBeVisible();
    await chat.ask(second);
    await chat.answered(second);
    await expect(waitingMessage(page).group).toHaveCount(0);
    const [asked] = await model.questions(second);
    expect(asked.body.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user']);
  });
});

/** The next message is answered with these events once the returned function is called. */
async function answerNextLater(page: Page, events: AnswerEvent[]) {
  let answer = () => {};
  const called = new Promise<void>((resolve) => (answer = resolve));
  await onNextMessage(page, async (route) => {
    await called;
    await route.fulfill({ contentType: 'text/event-stream', body: eventStream(events) });
  });
  return answer;
}

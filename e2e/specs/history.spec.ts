// What the model is sent of a conversation is what the person sees of it.

import { answerNextWith, besideModel, delta, ended, expect, opened, test } from '../fixtures/test';

const NOT_SENT = 'Earlier messages are no longer sent to the model';

test.describe('beside a model', () => {
  test.use(besideModel);

  for (const fault of ['broken', 'rate-limited 30', 'stall']) {
    test(`after an answer that met ${fault}, its question and what there is of it are sent with the next`, async ({
      user, signIn, chat, model,
    }) => {
      const report = `Report of ${user.name}`;
      const [name, number] = fault.split(' ');
      await model.plays(report, name, { number: number ? Number(number) : undefined });
      await signIn();
      await chat.ask(report);
      await expect(chat.failure).toBeVisible();
      await chat.ask(`And its locks, ${user.name}?`);
      await chat.answered('You wrote');
      const [asked] = await model.questions(`And its locks, ${user.name}?`);
      const said = asked.body.messages.filter((message) => message.role !== 'system');
      expect(said.map((message) => message.role)).toEqual(number ? ['user'] : ['user', 'assistant', 'user']);
      expect(said[0].content).toContain(report);
      expect(said.at(-1)!.content).toContain('And its locks');
    });
  }

  test('an answer stopped before its first word offers no Continue, and its question is sent with the next', async ({
    user, signIn, chat, model,
  }) => {
    const report = `Slow report of ${user.name}`;
    await model.plays(report, 'no-first-token');
    await signIn();
    await chat.ask(report);
    await expect.poll(() => model.questions(report)).toHaveLength(1);
    await chat.stop.click();
    await expect(chat.answers.last()).toContainText('Stopped');
    await expect(chat.goOn).toHaveCount(0);
    await chat.ask('And now?');
    await chat.answered('You wrote');
    const asked = (await model.questions(report)).at(-1)!;
    expect(asked.body.messages).toEqual([{ role: 'user', content: `${report}\n\nAnd now?` }]);
  });

  test('an answer that ends without a word of it is asked for again before the person sees it', async ({
    user, signIn, chat, model,
  }) => {
    const question = `Nothing for ${user.name}`;
    await model.plays(question, 'bare-done');
    await signIn();
    await chat.ask(question);
    await chat.answered(`You wrote: “${question}”`);
    expect(await model.questions(question)).toHaveLength(2);
  });

  test('a refused question is marked, and not sent again', async ({ page, user, signIn, chat, model }) => {
    const question = `Refused from ${user.name}`;
    await model.plays(question, 'policy-violation');
    await signIn();
    await chat.ask(question);
    const mark = chat.questions.first().getByText('not sent with later questions');
    await expect(mark).toBeVisible();
    await chat.ask(`Something else from ${user.name}`);
    await chat.answered('You wrote');
    const [asked] = await model.questions(`Something else from ${user.name}`);
    expect(JSON.stringify(asked.body)).not.toContain(question);
    await page.reload();
    await expect(mark).toBeVisible();
  });

  test('a conversation that is too long for the model is asked again with less of it, and a line says so', async ({
    page, user, signIn, chat, model,
  }) => {
    await signIn();
    for (const n of ['first', 'second']) {
      await chat.ask(`The ${n} of ${user.name}`);
      await chat.answered(`The ${n} of ${user.name}`);
    }
    await expect(page.getByText(NOT_SENT)).toHaveCount(0);
    const question = `The third of ${user.name}`;
    await model.plays(question, 'too-long');
    await chat.ask(question);
    await chat.answered(question);
    await expect(chat.failure).toHaveCount(0);
    const [all, less] = await model.questions(question);
    expect([all, less].map((asked) => asked.body.messages.length)).toEqual([5, 3]);
    for (const when of ['at once', 'after a reload']) {
      const parts = await chat.conversation.locator('> *').allInnerTexts();
      const line = parts.findIndex((text) => text.includes(NOT_SENT));
      expect(line, when).toBe(2);
      expect(parts[line + 1]).toContain('The second');
      await page.reload();
      await expect(page.getByText(NOT_SENT)).toBeVisible();
    }
  });

  test('a model that does not exist is a matter for the administrator', async ({ page, user, signIn, chat, model }) => {
    const question = `No model for ${user.name}`;
    await model.plays(question, 'no-model', { times: 0 });
    await signIn();
    await chat.ask(question);
    for (const when of ['at once', 'after a reload']) {
      await expect(chat.failure, when).toContainText('The chat is not set up right');
      await expect(chat.failure).toContainText('Tell your administrator');
      await expect(chat.failure).toContainText(/Reference:? [\w-]{20,}/);
      await expect(chat.retry).toHaveCount(0);
      await expect(chat.goOn).toHaveCount(0);
      await page.reload();
    }
  });
});

test.describe('with room for little', () => {
  test.use({ appSettings: { CHAT_HISTORY_CHARS: '400' } });

  test('a line stands where the history is cut', async ({ page, signIn, chat }) => {
    await signIn();
    await chat.ask(`A report: ${'waits '.repeat(60)}`);
    await chat.answered('A report');
    await expect(page.getByText(NOT_SENT)).toHaveCount(0);
    await chat.ask('A plan.');
    await chat.answered('A plan.');
    await expect(page.getByText('The beginning of this answer is no longer sent')).toBeVisible();
    await chat.ask('And the report?');
    await chat.answered('And the report?');
    await expect(page.getByText(NOT_SENT).or(page.getByText('Earlier messages and the beginning'))).toBeVisible();
  });
});

test('the line is drawn above the message that the server names', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWith(page, [opened, delta('One.'), ended('complete')]);
  await chat.ask('First');
  await chat.answered('One.');
  const second = { type: 'open' as const, question: 'q-2', answer: 'a-2', model: 'scripted' };
  await answerNextWith(page, [second, { ...second, sent_from: 'q-2' }, delta('Two.'), ended('complete')]);
  await chat.ask('Second');
  await chat.answered('Two.');
  const line = page.getByText(NOT_SENT);
  await expect(line).toBeVisible();
  const [above, below] = await Promise.all([chat.answers.first().boundingBox(), chat.questions.last().boundingBox()]);
  const box = (await line.boundingBox())!;
  expect(box.y).toBeGreaterThan(above!.y + above!.height - 1);
  expect(box.y + box.height).toBeLessThan(below!.y + 1);
});

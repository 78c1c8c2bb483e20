// What a person sees of each fault of the model, from the model's socket to the page.

import { model as faulty } from '../fixtures/servers';
import { besideModel, expect, test } from '../fixtures/test';

test.use(besideModel);

const SOME_WORDS = 'This much was said';

test('an answer cut without a word of its end is interrupted, keeps its text, and can be asked for again', async ({
  page, user, signIn, chat, model,
}) => {
  const question = `Cut for ${user.name}`;
  await model.plays(question, 'cut');
  await signIn();
  await chat.ask(question);
  const answer = chat.answers.last();
  await expect(answer).toContainText('broke off before its end');
  await expect(chat.announcements).toContainText('broke off before its end');
  await expect(chat.announcements).not.toContainText('complete');
  await page.reload();
  await expect(answer, 'so it is stored').toContainText('broke off before its end');
  await expect(answer).toContainText(SOME_WORDS);

  await answer.getByRole('button', { name: 'Retry' }).click();
  await chat.answered(`You wrote: “${question}”`);
  await expect(answer).not.toContainText('broke off');
  await expect(chat.questions, 'asked in the place of the first').toHaveCount(1);
});

for (const { fault, says } of [
  { fault: 'error-frame', says: 'The model could not answer' },
  { fault: 'error-frame-with-choices', says: 'The limit of the model is reached' },
  { fault: 'bare-error', says: 'The limit of the model is reached' },
  { fault: 'broken', says: "The model can't be reached" },
  { fault: 'stall', says: 'The model took too long' },
]) {
  test(`an answer that meets ${fault} in its middle says what failed, keeps its text, and is asked for again`, async ({
    user, signIn, chat, model,
  }) => {
    const question = `Fail for ${user.name}`;
    await model.plays(question, fault);
    await signIn();
    await chat.ask(question);
    await expect(chat.failure).toContainText(says);
    await expect(chat.answers.last()).toContainText(SOME_WORDS);
    await expect(chat.announcements).not.toContainText('complete');
    await chat.retry.click();
    await chat.answered(`You wrote: “${question}”`);
    await expect(chat.failure).toHaveCount(0);
    await expect(chat.questions).toHaveCount(1);
  });
}

for (const dialect of [
  'garbage', 'ping-events', 'odd-members', 'eos', 'completion', 'wrong-type', 'ndjson', 'gzip', 'message', 'text',
]) {
  test(`an answer in another form (${dialect}) is whole`, async ({ signIn, chat }) => {
    await signIn();
    await chat.ask(`/${dialect}`);
    await chat.answered(SOME_WORDS);
    await expect(chat.announcements).toContainText('The answer is complete.');
    await expect(chat.failure).toHaveCount(0);
    expect((await chat.textOf(chat.answers.last())).trim()).toBe(SOME_WORDS);
  });
}

test('the halves of a character in two chunks are one character on the page', async ({ signIn, chat }) => {
  await signIn();
  await chat.ask('/split-character');
  await chat.answered('Good 😀 and');
  await expect(chat.announcements).toContainText('The answer is complete.');
});

for (const dialect of ['think-tags', 'think-end', 'thinking-parts']) {
  test(`reasoning in the content (${dialect}) is not the answer`, async ({ page, user, signIn, chat, model }) => {
    const question = `Think for ${user.name}`;
    await model.plays(question, dialect);
    await signIn();
    await chat.ask(question);
    await chat.answered(SOME_WORDS);
    const answer = chat.answers.last();
    for (const when of ['streamed', 'stored']) {
      expect((await chat.textOf(answer)).trim(), when).toBe(SOME_WORDS);
      const thinking = answer.getByRole('group');
      await thinking.getByText('Thinking').click();
      await expect(thinking, when).toContainText('Let me think.');
      await page.reload();
      await expect(answer).toContainText(SOME_WORDS);
    }
    await chat.ask(`And now, ${user.name}?`);
    await chat.answered('You wrote');
    const asked = await model.questions(`And now, ${user.name}?`);
    expect(JSON.stringify(asked), 'not sent back to the model').not.toContain('Let me');
  });
}

test('an answer about these tags shows them', async ({ signIn, chat }) => {
  await signIn();
  await chat.ask('/tags-in-text');
  await chat.answered('Models write');
  await expect(chat.answers.last()).toContainText('</think>');
  await expect(chat.answers.last().getByRole('group')).toHaveCount(0);
});

for (const { reason, says } of [
  { reason: 'max-tokens', says: 'greatest length' },
  { reason: 'safety', says: 'withheld' },
]) {
  test(`another server's word for the end (${reason}) is understood`, async ({ signIn, chat }) => {
    await signIn();
    await chat.ask(`/${reason}`);
    await chat.answered(SOME_WORDS);
    await expect(chat.answers.last()).toContainText(says);
  });
}

test('a model at its limit says for how long, and after that answers', async ({ user, signIn, chat, model }) => {
  const question = `Limit for ${user.name}`;
  // As long as the server's own timeout: the page shows the limit and does not wait silently.
  await model.plays(question, 'rate-limited', { number: faulty.timeoutSeconds });
  await signIn();
  await chat.ask(question);
  await expect(chat.failure).toContainText('The limit of the model is reached');
  await expect(chat.failure.getByRole('button', { name: /Retry in [1-5] seconds?/ })).toBeDisabled();
  await expect(chat.retry).toBeEnabled();
  await chat.retry.click();
  await chat.answered(`You wrote: “${question}”`);
  expect(await model.questions(question)).toHaveLength(2);
});

for (const fault of ['no-first-token', 'no-head', 'pings']) {
  test(`a model that never begins (${fault}) is given up in words, and can be asked again`, async ({
    user, signIn, chat, model,
  }) => {
    const question = `Silence for ${user.name}`;
    await model.plays(question, fault);
    await signIn();
    await chat.ask(question);
    await expect(chat.stop, 'the person may give up before').toBeVisible();
    await expect(chat.failure).toContainText('The model took too long');
    expect((await model.questions(question))[0].outcome, 'its socket is closed').toBe('closed');
    await chat.retry.click();
    await chat.answered(`You wrote: “${question}”`);
  });
}

test('letters cut in two on the way are whole on the page', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/split-utf8');
  await chat.answered('Été, naïve 日本 🦀');
  expect(await page.content()).not.toContain('\uFFFD');
});

test('100,000 tokens at full speed leave the page alive, and are all there', async ({ page, signIn, chat }) => {
  test.slow();
  await signIn();
  await chat.ask('/tokens');
  await expect(chat.answers.last()).toContainText('1 2 3 4 5');
  await page.keyboard.type('Typed meanwhile');
  await expect(chat.message).toHaveValue('Typed meanwhile');
  await expect(chat.announcements).toContainText('The answer is complete.', { timeout: 120_000 });
  const words = (await chat.textOf(chat.answers.last())).trim().split(/\s+/);
  expect(words).toHaveLength(100_000);
  expect(words.every((word, n) => word === String(n + 1)), 'in order').toBe(true);
  await expect(chat.message).toHaveValue('Typed meanwhile');
});

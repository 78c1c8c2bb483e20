// Every answer ends honestly, in words, with one click to go on.

import { answerNextWith, delta, ended, expect, mayLog, noAnswer, opened, statusError, test } from '../fixtures/test';

for (const { reason, says, goesOn } of [
  { reason: 'length', says: 'reached its greatest length', goesOn: true },
  { reason: 'interrupted', says: 'broke off before its end', goesOn: true },
  { reason: 'stopped', says: 'Stopped', goesOn: true },
  { reason: 'filtered', says: 'withheld by the content filter', goesOn: false },
]) {
  test(`an answer that ends as ${reason} says so and keeps its text`, async ({ page, signIn, chat }) => {
    await signIn();
    await answerNextWith(page, [opened, delta('The beginning'), ended(reason)]);
    await chat.ask('Tell me');
    await expect(chat.answers.last()).toContainText(says);
    await expect(chat.answers.last()).toContainText('The beginning');
    await expect(chat.goOn).toHaveCount(goesOn ? 1 : 0);
    if (!goesOn) return;
    await chat.goOn.click();
    await expect(chat.questions.last()).toContainText('Please continue');
    await expect(chat.answers).toHaveCount(2);
  });
}

for (const [kind, says] of Object.entries({
  auth: 'The model did not let us in',
  busy: 'The model is busy',
  upstream: 'The model could not answer',
  filtered: 'The content filter withheld the answer',
  too_long: 'too long for the model',
  network: 'The model can’t be reached'.replace('’', "'"),
  timeout: 'The model took too long',
})) {
  test(`a model that fails by ${kind} is explained in words`, async ({ page, signIn, chat }) => {
    await signIn();
    await answerNextWith(page, [opened, delta('Half'), { type: 'error', kind }, ended('interrupted')]);
    await chat.ask('Tell me');
    await expect(chat.failure).toContainText(says);
    await expect(chat.answers.last()).toContainText('Half');
    await expect(chat.retry).toHaveCount(['too_long', 'auth'].includes(kind) ? 0 : 1);
    await expect(chat.goOn, 'there is a beginning to go on from').toHaveCount(['filtered', 'auth'].includes(kind) ? 0 : 1);
  });
}

test('a limit says how long to wait, and after that the question is accepted', async ({ page, signIn, chat }) => {
  await page.clock.install();
  await signIn();
  await answerNextWith(page, [opened, { type: 'error', kind: 'limit', retry_after: 20 }, ended('interrupted')]);
  await chat.ask('Tell me');
  const wait = chat.failure.getByRole('button', { name: /Retry in \d+ seconds/ });
  await expect(wait).toBeDisabled();
  for (let second = 0; second < 20; second += 1) await page.clock.runFor(1000);
  await expect(chat.failure.getByRole('button', { name: 'Retry', exact: true })).toBeEnabled();
});

test('an answer whose stream is lost on the way is followed to its end', async ({ page, signIn, chat, wire }) => {
  await signIn();
  await answerNextWith(page, [opened, delta('The first half ')]);
  await page.route('**/api/chat/follow', (route) => {
    expect(route.request().postDataJSON()).toEqual({ answer: 'a-1', after: 1 });
    const rest = [delta('and the second.'), ended('complete')];
    const body = rest.map((event, n) => `data: ${JSON.stringify({ n: n + 2, ...event })}\n\n`).join('');
    return route.fulfill({ contentType: 'text/event-stream', body });
  });
  await chat.ask('Tell me');
  await chat.answered('The first half and the second.');
  await expect(chat.failure).toHaveCount(0);
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
});

test('an answer waits through an outage, keeps its text, and continues', async ({ page, signIn, chat, wire }) => {
  mayLog(noAnswer, statusError(503));
  await signIn();
  await answerNextWith(page, [opened, delta('The first half ')]);
  let tries = 0;
  await page.route('**/api/chat/follow', (route) => {
    tries += 1;
    if (tries === 1) return route.abort();
    if (tries <= 3) {
      return route.fulfill({ status: 503, json: { code: 503, message: 'unavailable', data: { kind: 'unavailable' } } });
    }
    const rest = [delta('and the second.'), ended('complete')];
    const body = rest.map((event, n) => `data: ${JSON.stringify({ n: n + 2, ...event })}\n\n`).join('');
    return route.fulfill({ contentType: 'text/event-stream', body });
  });
  await chat.ask('Explain latches');
  await expect(chat.answers.last()).toContainText('The connection was lost');
  await expect(chat.answers.last()).toContainText('The first half');
  await expect(chat.failure).toHaveCount(0);
  await chat.answered('The first half and the second.');
  await expect(chat.answers.last()).not.toContainText('The connection was lost');
  expect(tries).toBe(4);
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
});

test('an answer is called stopped only once the server has confirmed it', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 2,');
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/chat/stop', async (route) => {
    await released;
    await route.fallback();
  });
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopping');
  await expect(chat.answers.last()).not.toContainText('Stopped');
  await expect(chat.announcements).not.toContainText('Stopped');
  release();
  await expect(chat.answers.last()).toContainText('Stopped');
  await expect(chat.announcements).toContainText('Stopped');
});

test('an answer whose stop request did not reach the server is not called stopped, and goes on', async ({ page, signIn, chat }) => {
  mayLog(noAnswer);
  await signIn();
  await chat.ask('/slow please');
  await expect(chat.answers.last()).toContainText('word 2,');
  await page.route('**/api/chat/stop', (route) => route.abort(), { times: 1 });
  await chat.stop.click();
  await expect(chat.failure).toContainText('The connection was lost');
  await expect(chat.answers.last()).not.toContainText('Stopped');
  await chat.retry.click();
  await expect(chat.stop, 'it is followed').toBeVisible();
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped');
});

test('thinking is folded away, and so are the tokens and time of the answer', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.ask('/thinking');
  await expect(chat.answers.last().locator('details')).not.toHaveAttribute('open', { timeout: 15_000 });
  await expect(chat.send).toBeVisible();
  await chat.answers.last().locator('summary').click();
  await expect(chat.answers.last().locator('details')).toHaveAttribute('open', '');
  const usage = /first word after \d+\.\d s · tokens: \d+ read, \d+ written/;
  await expect(chat.answers.last()).not.toContainText(usage);
  await chat.details(chat.answers.last()).click();
  await expect(chat.answers.last()).toContainText(usage);
  const thought = await chat.answers.last().locator('details p').innerText();

  await page.reload();
  await expect(chat.answers.last().locator('details')).not.toHaveAttribute('open');
  await chat.answers.last().locator('summary').click();
  await expect(chat.answers.last().locator('details p')).toHaveText(thought);
});

test('without a network the page says so, and nothing typed is lost', async ({ page, context, signIn, chat }) => {
  await signIn();
  await chat.message.fill('Typed before');
  await context.setOffline(true);
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(chat.message).toHaveValue('Typed before');
  await context.setOffline(false);
  await expect(page.getByText('You are offline')).toBeHidden();
});

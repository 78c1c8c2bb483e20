import { needs } from '../fixtures/engines';
import { expect, mayLog, noAnswer, onNextMessage, test } from '../fixtures/test';

declare global {
  interface Window {
    /** The answer's text, each time that it has changed. */
    seen: string[];
  }
}

test('an answer appears while it is written, and only ever grows', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  await page.evaluate(() => {
    const seen: string[] = (window.seen = []);
    new MutationObserver(() => {
      const text = document.querySelector('[role=log] article .markdown')?.textContent ?? '';
      if (text !== seen.at(-1)) seen.push(text);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await chat.ask('/slow tell me everything');
  const answer = chat.answers.last();
  await expect(chat.bodyOf(answer)).toContainText(/\w+\s+\w+/);
  await expect(chat.stop, 'it is still being written').toBeVisible();
  const early = (await answer.innerText()).length;
  await expect.poll(async () => (await answer.innerText()).length).toBeGreaterThan(early);
  await expect(chat.stop).toBeVisible();
  const seen = await page.evaluate(() => window.seen);
  expect(seen.length).toBeGreaterThan(3);
  seen.slice(1).forEach((text, at) => expect(text.startsWith(seen[at]), `${seen[at]} -> ${text}`).toBe(true));
  await chat.stop.click();
});

test('Stop ends the answer and the request behind it', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  const aborted = page.waitForEvent('requestfailed', (it) => it.method() === 'POST' && it.url().endsWith('/api/chat'));
  await chat.ask('/slow tell me everything');
  const stopped = chat.answers.first();
  await expect(chat.bodyOf(stopped)).toContainText(/\w+\s+\w+/);
  await chat.stop.click();
  await aborted;
  await expect(stopped).toContainText('Stopped');
  await expect(chat.message).toBeFocused();
  const text = await chat.textOf(stopped);

  await chat.ask('And now?');
  await chat.answered('And now?');
  expect(await chat.textOf(stopped)).toBe(text);
});

test('Shift+Enter breaks the line, Enter sends, and nothing empty is sent', { tag: '@engines' }, async ({
  signIn, chat, wire,
}) => {
  await signIn();
  await chat.message.press('Enter');
  await chat.message.fill('   ');
  await chat.message.press('Enter');
  await expect(chat.questions).toHaveCount(0);

  await chat.message.fill('first line');
  await chat.message.press('Shift+Enter');
  await chat.message.pressSequentially('second line');
  await expect(chat.message).toHaveValue('first line\nsecond line');
  await chat.message.press('Enter');
  await expect(chat.message).toHaveValue('');
  await expect(chat.questions).toHaveCount(1);
  expect(await chat.questions.innerText()).toContain('first line\nsecond line');
  await chat.answered('second line');
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
});

test('Enter that ends an input-method composition does not send', async ({
  page, browserName, signIn, chat,
}) => {
  needs(browserName, 'Chrome DevTools');
  await signIn();
  await chat.message.focus();
  const keyboard = await page.context().newCDPSession(page);
  await keyboard.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await chat.message.press('Enter');
  await expect(chat.questions).toHaveCount(0);
});

test('Enter that confirms a candidate in Safari, after the composition, does not send', async ({ page, signIn, chat }) => {
  await signIn();
  await chat.message.fill('日本');
  await chat.message.evaluate((field) => {
    const confirming = { key: 'Enter', keyCode: 229, which: 229, bubbles: true, cancelable: true };
    field.dispatchEvent(new CompositionEvent('compositionend', { data: '日本', bubbles: true }));
    field.dispatchEvent(new KeyboardEvent('keydown', { ...confirming, isComposing: false }));
    field.dispatchEvent(new KeyboardEvent('keydown', { ...confirming, key: 'Escape' }));
  });
  await expect(chat.message).toHaveValue('日本');
  await chat.message.press('Enter');
  await expect(chat.questions).toHaveCount(1);
  await chat.answered('日本');
  await page.reload();
  await expect(chat.questions, 'it was sent once').toHaveCount(1);
});

test('only Enter alone sends', { tag: '@engines' }, async ({ signIn, chat, wire }) => {
  await signIn();
  await chat.message.fill('not yet');
  for (const keys of ['Control+Enter', 'Alt+Enter', 'Meta+Enter', 'Shift+Enter', 'Control+Shift+Enter']) {
    await chat.message.press(keys);
  }
  await expect(chat.message).toHaveValue(/^not yet\n*$/);
  await expect(chat.questions).toHaveCount(0);
  await chat.message.press('Enter');
  await chat.answered('not yet');
  expect(wire.calls('POST', '/api/chat')).toHaveLength(1);
});

test('a lost connection is shown in its place, and Retry sends the message again', { tag: '@engines' }, async ({
  page, signIn, chat, wire,
}) => {
  await signIn();
  mayLog(noAnswer);
  await onNextMessage(page, (route) => route.abort('connectionrefused'));
  await chat.ask('Are you there?');
  await expect(chat.retry).toBeVisible();
  await expect(chat.questions).toHaveCount(1);

  await chat.retry.click();
  await chat.answered('Are you there?');
  await expect(chat.failure).toBeHidden();
  await expect(chat.questions, 'the question is not doubled').toHaveCount(1);
  expect(wire.calls('POST', '/api/refresh')).toHaveLength(0);
});

test('what people and answers write is text, never markup of the page', async ({ page, signIn, chat }) => {
  await signIn();
  const hostile = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
  await chat.ask(hostile);
  await expect(chat.questions).toContainText(hostile);
  await chat.answered(hostile);
  await expect(chat.conversation.locator('img')).toHaveCount(0);
  expect(await page.title()).not.toBe('owned');
});

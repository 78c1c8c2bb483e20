// The row of buttons below a message, and what is known of it.

import type { Locator } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { answerNextWith, answerNextWithText, delta, ended, expect, opened, test } from '../fixtures/test';

const opacityOf = (it: Locator) => it.evaluate((element) => getComputedStyle(element).opacity);
const isShown = (it: Locator) => expect.poll(() => opacityOf(it)).toBe('1');
const isFaint = (it: Locator) => expect.poll(() => opacityOf(it)).toBe('0');

test('the actions of a message are shown under the pointer, with the focus, and below the last answer', async ({
  page, signIn, chat,
}) => {
  await signIn();
  await answerNextWithText(page, 'One');
  await chat.ask('First');
  await chat.answered('One');
  await answerNextWithText(page, 'Two');
  await chat.ask('Second');
  await chat.answered('Two');
  await page.mouse.move(0, 0);
  const [first, last] = [chat.answers.first(), chat.answers.last()];
  await isShown(chat.actions(last));
  await isFaint(chat.actions(first));
  await isFaint(chat.actions(chat.questions.first()));

  await chat.bodyOf(first).hover();
  await isShown(chat.actions(first));
  await page.mouse.move(0, 0);
  await isFaint(chat.actions(first));

  // They are there for a keyboard and a screen reader, in the order of the page.
  await chat.copy(chat.questions.first()).focus();
  await isShown(chat.actions(chat.questions.first()));
  await page.keyboard.press('Tab');
  await expect(chat.questions.first().getByRole('button', { name: 'Edit' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(chat.copy(first)).toBeFocused();
  await isShown(chat.actions(first));
});

test('each icon has a name and a tooltip, and a ring when it has the focus', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, 'One\n\n```sql\nselect 1;\n```\n\n| a |\n|---|\n| 1 |');
  await chat.ask('First');
  await chat.answered('One');
  const buttons = chat.conversation.getByRole('button');
  for (const button of await buttons.all()) {
    const name = await button.evaluate((it: HTMLButtonElement) => it.title);
    expect(name).not.toBe('');
    await expect(button).toHaveAccessibleName(name);
    const box = (await button.boundingBox())!;
    expect(Math.min(box.width, box.height), name).toBeGreaterThanOrEqual(24);
  }
  await expect(buttons).toHaveCount(12);
  await chat.copy(chat.questions.first()).focus();
  for (let tab = 0; tab < 14; tab += 1) {
    const focused = page.locator(':focus');
    await expect(focused).toHaveCSS('outline-style', 'solid');
    await expect(focused).toHaveCSS('outline-width', '2px');
    await page.keyboard.press('Tab');
  }
});

test.describe('on a touch screen', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test.skip(({ browserName }) => browserName === 'firefox', 'needs an emulated phone, which Playwright has not in Firefox');

  test('the actions of every message are always shown', async ({ page, signIn, chat }) => {
    await signIn();
    for (const text of ['One', '| a |\n|---|\n| Two |']) {
      await answerNextWithText(page, text);
      await chat.askByButton('Go on');
      await expect(chat.send).toBeVisible();
    }
    await chat.answered('Two');
    for (const actions of await page.locator('.actions, .table-actions').all()) await isShown(actions);
  });
});

for (const { locale, timezoneId, shown, other } of [
  { locale: 'en-GB', timezoneId: 'Europe/London', shown: /^14 Jan 2026, 09:05$/, other: 'Français' },
  { locale: 'fr-FR', timezoneId: 'Europe/Paris', shown: /^14 janv\. 2026\D* 10:05$/, other: 'English' },
]) {
  test.describe(`a browser in ${locale}`, () => {
    test.use({ locale, timezoneId });

    test('times are in the person’s own words and zone', async ({ page, signIn, chat }) => {
      await signIn();
      const at = Date.UTC(2026, 0, 14, 9, 5) / 1000;
      const message = { end: null, error: null, usage: null, at };
      const messages = [
        { ...message, id: 'q', role: 'question', text: 'When?' },
        { ...message, id: 'a', role: 'answer', text: 'Then', end: 'complete', model: 'some-model' },
      ];
      await page.route('**/api/conversation?*', (route) =>
        route.fulfill({ json: { id: 'then', title: 'Then', messages, running: null } }));
      await page.goto('/c/then');
      const asked = chat.questions.last().locator('time');
      await expect(asked).toHaveText(shown);
      await expect(asked).toHaveAttribute('datetime', '2026-01-14T09:05:00.000Z');
      await expect(asked).toHaveAttribute('title', shown);
      await chat.details(chat.answers.last()).click();
      await expect(chat.answers.last().locator('time')).toHaveText(shown);
      await chat.language.selectOption(other);
      const inOtherLanguage = page.locator('.message.you time');
      await expect(inOtherLanguage, 'in the language of the page').not.toHaveText(shown);
      await expect(inOtherLanguage).toHaveText(/2026/);
    });

    test('a message of today has its time alone, and an answer its details on demand', async ({ page, signIn, chat }) => {
      await signIn();
      const usage = { type: 'usage', output_tokens: 7, first_token_ms: 1234 } as const;
      await answerNextWith(page, [opened, delta('Now'), usage, ended('complete')]);
      await chat.ask('When?');
      await chat.answered('Now');
      await expect(chat.questions.last().locator('time')).toHaveText(/^\d\d:\d\d$/);

      const answer = chat.answers.last();
      const details = chat.details(answer);
      await expect(details).toHaveAttribute('aria-expanded', 'false');
      await expect(answer).not.toContainText('scripted');
      await details.focus();
      await page.keyboard.press('Enter');
      await expect(details).toHaveAttribute('aria-expanded', 'true');
      await expect(answer.locator('time')).toHaveText(/^\d\d:\d\d$/);
      await expect(answer.locator('.model')).toHaveText(/scripted$/);
      await expect(answer.locator('.model')).toHaveAttribute('translate', 'no');
      await expect(answer).toContainText(/1[.,]2\s/);
      await page.keyboard.press('Enter');
      await expect(answer).not.toContainText('scripted');
    });
  });
}

test('the details of the last answer come into view', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, 'A paragraph.\n\n'.repeat(40));
  await chat.ask('At length');
  await chat.answered('A paragraph.');
  await chat.details(chat.answers.last()).click();
  await expect(chat.answers.last().locator('.details')).toBeInViewport({ ratio: 1 });
});

test('a stored conversation has its times, and its exports the dates', async ({ page, browserName, signIn, chat, sidebar }) => {
  needs(browserName, 'downloads');
  await signIn();
  await chat.ask('Hello');
  await chat.answered('Hello');
  await page.reload();
  await expect(chat.questions.first().locator('time')).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT/);
  await sidebar.more('Hello');
  const download = page.waitForEvent('download');
  await sidebar.item('Export as Markdown').click();
  const chunks: string[] = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(String(chunk));
  expect(chunks.join('')).toMatch(/\*\d{4}-\d\d-\d\d \d\d:\d\d UTC/);
});

test('Retry and Continue are there by name', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWith(page, [opened, delta('The beginning'), ended('length')]);
  await chat.ask('Go on');
  await expect(chat.goOn).toBeVisible();
  await expect(chat.goOn.locator('svg')).toBeAttached();
  await expect(chat.actions(chat.answers.last()).getByRole('button', { name: 'Retry' })).toHaveAttribute('title', 'Retry');
});

test('a new conversation greets by name', async ({ user, signIn, chat }) => {
  await user.set({ claims: { name: 'Ada Lovelace' } });
  await signIn();
  await expect(chat.emptyHeading).toHaveText(/^Hello Ada Lovelace\s*What would you like to know\?$/);
  await expect(chat.emptyHeading.getByText('Ada Lovelace')).toBeVisible();
  expect(await chat.emptyHeading.getByText('Ada Lovelace').evaluate((it) => it.closest('[translate=no]') !== null)).toBe(true);
});

test('a person whose name is not known is not greeted by a code', async ({ user, signIn, chat }) => {
  await user.set({ claims: { name: null } });
  await signIn();
  await expect(chat.emptyHeading).toHaveText('What would you like to know?');
});

test.describe('in a French browser', () => {
  test.use({ locale: 'fr-FR' });

  test('the greeting is French', async ({ user, signIn, chat }) => {
    await user.set({ claims: { name: 'Élodie' } });
    await signIn();
    await expect(chat.emptyHeading).toContainText('Bonjour Élodie');
  });
});

// For people who do not see the page, or see it otherwise.

import type { Page, Route } from '@playwright/test';

import { expectAccessible } from '../fixtures/axe';
import { needs } from '../fixtures/engines';
import {
  answerNextWith, answerNextWithText, ended, expect, mayLog, noAnswer, opened, refuseNextMessage, test,
} from '../fixtures/test';

declare global {
  interface Window {
    /** What screen readers were given to announce. */
    announced: string[];
  }
}

const everything =
  '# Waits\n\nLook at `v$session`, **now**. [More](https://docs.example/)\n\n1. one\n2. two\n\n' +
  '| event | ms |\n|---|---|\n| log file sync | 12 |\n\n```sql\nselect /*+ x */ 1, \'a\' from dual; -- c\n```\n\n> quoted';

for (const { name, use } of [
  { name: 'light', use: { colorScheme: 'light' as const } },
  { name: 'dark', use: { colorScheme: 'dark' as const } },
  { name: 'on a phone', use: { viewport: { width: 390, height: 844 } } },
  { name: 'in French', use: { locale: 'fr-FR' } },
  { name: 'in French, dark, on a phone', use: { locale: 'fr-FR', colorScheme: 'dark' as const, viewport: { width: 390, height: 844 } } },
  { name: 'in forced colours', use: { forcedColors: 'active' as const } },
]) {
  test.describe(name, () => {
    test.use(use);

    test.beforeEach(({ browserName }) => {
      if ('colorScheme' in use || 'forcedColors' in use) needs(browserName, 'emulated media');
    });

    test('axe finds nothing in any state', async ({
      page, context, user, signIn, login, words, callback, chat, sidebar,
    }) => {
      mayLog(noAnswer);
      test.slow();
      await page.goto('/auth/callback');
      await callback.stays();
      await expectAccessible(page, 'nothing to finish');
      await signIn();
      await expectAccessible(page, 'empty');
      await chat.account.open();
      await expectAccessible(page, 'account menu');
      await chat.account.item(words.privacy).click();
      await expectAccessible(page, 'privacy');
      await sidebar.dialog.getByRole('button', { name: words.deleteAll }).click();
      await expectAccessible(page, 'asked whether to delete everything');
      await page.keyboard.press('Escape');
      await answerNextWithText(page, everything);
      await chat.ask('Everything');
      await chat.answered('quoted');
      await chat.details(chat.answers.last()).click();
      await expectAccessible(page, 'answered');
      await chat.ask('/slow');
      await expect(chat.answers.last()).toContainText('word 2,');
      await expectAccessible(page, 'streaming');
      await chat.stop.click();
      await expect(chat.answers.last()).toContainText(words.stopped);
      await expectAccessible(page, 'stopped');
      await answerNextWith(page, [opened, { type: 'error', kind: 'limit', retry_after: 60 }, ended('interrupted')]);
      await chat.ask('Fail');
      await expect(chat.failure).toBeVisible();
      await expectAccessible(page, 'failed');
      if (await sidebar.show.isVisible()) await sidebar.show.click();
      await expect(sidebar.entries).not.toHaveCount(0);
      await expectAccessible(page, 'with the list');
      await sidebar.more('/slow');
      await expectAccessible(page, 'a conversation’s menu');
      await sidebar.item(words.rename).click();
      await expectAccessible(page, 'renaming');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+/');
      await expectAccessible(page, 'shortcuts');
      await page.keyboard.press('Escape');
      // On a phone the list lies over the notice.
      if (page.viewportSize()!.width < 800) await sidebar.hide.click();
      await context.setOffline(true);
      await expect(chat.offline).toBeVisible();
      await expectAccessible(page, 'offline');
      await context.setOffline(false);

      // The session ends in the middle of the work, and the way to the provider is slow, and then closed.
      await page.route('**/api/refresh', (route) =>
        route.fulfill({ status: 401, json: { code: 401, message: 'ended', data: { kind: 'session_ended' } } }));
      const away: Route[] = [];
      await page.route('**/api/authorize?*', (route) => void away.push(route));
      await refuseNextMessage(page);
      await chat.ask('Expired');
      await expect(page.getByRole('status').filter({ hasText: words.signingIn })).toBeVisible();
      await expectAccessible(page, 'expired');
      await expect.poll(() => away.length).toBe(1);
      await away[0].abort();
      await expect(page.getByRole('alert')).toBeVisible();
      await expectAccessible(page, 'expired, and nobody can sign in');
      await page.unroute('**/api/authorize?*');
      await page.unroute('**/api/refresh');
      await page.getByRole('main').getByRole('button').click();
      await login.signInAs(user.name);
      await chat.answered('Expired');
      await expectAccessible(page, 'signed in again');
    });

    // A test of its own: axe may take longer than the deletion waits.
    test('axe finds nothing in a conversation that is to be deleted', async ({ page, signIn, chat, sidebar }) => {
      await signIn();
      await chat.askByButton('Delete me');
      await chat.answered('Delete me');
      if (await sidebar.show.isVisible()) await sidebar.show.click();
      await sidebar.delete('Delete me');
      await expectAccessible(page, 'to be deleted');
    });
  });
}

test('a screen reader announces an answer in whole sentences, none twice, and its end', { tag: '@engines' }, async ({
  page, signIn, chat,
}) => {
  await signIn();
  await page.evaluate(() => {
    const announced: string[] = (window.announced = []);
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) announced.push(node.textContent ?? '');
    }).observe(document.querySelector('#announcements')!, { childList: true, subtree: true, characterData: true });
  });
  await chat.ask('/list');
  await expect(chat.send).toBeVisible();
  await expect(chat.announcements).toContainText('The answer is complete.');
  const announced: string[] = await page.evaluate(() => window.announced);
  expect(announced.length, 'while it is written, not only at its end').toBeGreaterThan(1);
  expect(announced.at(-1)).toBe('The answer is complete.');
  expect(new Set(announced).size, 'none is announced twice').toBe(announced.length);
  const shown = words(await chat.textOf(chat.answers.last()));
  expect(words(announced.slice(0, -1).join(' ')), 'all of it, in order').toBe(shown);
});

const words = (text: string) => text.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').replaceAll(/^\s*\d+\s|\s+/g, ' ').trim();

test('an answer is pronounced in its own language, and not in the page’s', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, 'Voici la liste des sessions qui attendent, avec leurs requêtes.');
  await chat.ask('En français');
  await chat.answered('Voici la liste');
  await expect(chat.answers.last().locator('.markdown')).toHaveAttribute('lang', 'fr');
  await expect(chat.announcements.locator('p', { hasText: 'Voici la liste' })).toHaveAttribute('lang', 'fr');
  await expect(chat.announcements.locator('p').last(), 'the end is announced in the page’s').not.toHaveAttribute('lang');
  await answerNextWithText(page, 'Ja.');
  await chat.ask('Auf Deutsch');
  await chat.answered('Ja.');
  await expect(chat.answers.last().locator('.markdown'), 'nobody knows').not.toHaveAttribute('lang');
});

test('the visible answer itself is not announced', async ({ signIn, chat }) => {
  await signIn();
  await expect(chat.conversation).toHaveAttribute('aria-live', 'off');
});

test('focus goes where the next thing is done', { tag: '@engines' }, async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await chat.message.fill('Question');
  await chat.send.click();
  await expect(chat.message, 'after sending').toBeFocused();
  await chat.answered('Question');
  await chat.ask('/slow');
  await chat.stop.click();
  await expect(chat.message, 'after stopping').toBeFocused();
  await sidebar.more('Question');
  await expect(sidebar.item('Pin'), 'the first item').toBeFocused();
  await page.keyboard.press('Escape');
  const more = page.getByRole('button', { name: 'More for “Question”' });
  await expect(more, 'back where it was').toBeFocused();
  await sidebar.choose('Question', 'Rename');
  await expect(sidebar.newTitle).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(more, 'back where it was').toBeFocused();
  await sidebar.choose('Question', 'Delete');
  await expect(sidebar.undo('Question'), 'in place of the button that had it').toBeFocused();
  await page.keyboard.press('Enter');
  await expect(more).toBeFocused();
});

test('nothing moves for people who want no motion', async ({ page, browserName, signIn, chat }) => {
  needs(browserName, 'emulated media');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn();
  await chat.ask('/slow');
  await expect(chat.answers.last().locator('.caret')).toHaveCSS('animation-name', 'none');
  await chat.stop.click();
});

test.describe('320 pixels wide', () => {
  test.use({ viewport: { width: 320, height: 640 } });

  test('nothing scrolls sideways but tables and code in their own boxes', async ({ page, signIn, chat, sidebar }) => {
    await signIn();
    await narrow(page);
    const wide = '| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n' + '| long words here | 1 | 2 | 3 | 4 | 5 |\n'.repeat(2);
    await answerNextWithText(page, `${wide}\n\`\`\`sql\nselect ${'a_long_column, '.repeat(12)} from dual\n\`\`\`\n\nDone`);
    await chat.ask('Wide things');
    await chat.answered('Done');
    await narrow(page);
    await sidebar.show.click();
    await narrow(page);
  });

  test('everything that is pressed is at least 24 pixels wide and high', async ({ page, signIn, chat, sidebar }) => {
    await signIn();
    await answerNextWithText(page, everything);
    await chat.ask('Everything');
    await chat.answered('quoted');
    await sidebar.show.click();
    await expect(sidebar.list).toBeVisible();
    await chat.account.open();
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, select, input, summary, nav a')]
        .map((it) => ({ name: it.getAttribute('aria-label') ?? it.textContent, box: it.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
        .map(({ name }) => name));
    expect(small).toEqual([]);
  });
});

async function narrow(page: Page) {
  const wide = await page.evaluate(() =>
    [document.scrollingElement!, document.querySelector('#transcript')!, document.querySelector('.sidebar')!]
      .filter((it) => it.scrollWidth > it.clientWidth)
      .map((it) => `${it.tagName} ${it.id}: ${it.scrollWidth} > ${it.clientWidth}`));
  expect(wide).toEqual([]);
}

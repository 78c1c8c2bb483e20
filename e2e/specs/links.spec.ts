import { type Page } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { answerNextWithText, expect, test } from '../fixtures/test';
import { type ChatPage } from '../pages/chat';

/** The last answer, which is this text. */
async function answer(page: Page, chat: ChatPage, text: string) {
  await answerNextWithText(page, `${text}\n\nThat is all.`);
  await chat.ask('Where?');
  await chat.answered('That is all.');
  return chat.answers.last();
}

test('a link shows where it leads, and a text that looks like another address is not shown', async ({ page, signIn, chat }) => {
  // T96. A link with the text `https://bank.example` led to another host, and showed no more than that text.
  await signIn();
  const links = (
    await answer(
      page,
      chat,
      '[https://bank.example](https://evil.example/?q=secret) [Log in at bank.example](https://evil.example/) ' +
        '[documentation](https://docs.evil.example/a) [here](https://bank.example@evil.example/x) ' +
        '[bank](https://bаnk.example/) [write us](mailto:eve@evil.example) https://docs.example/b',
    )
  ).getByRole('link');
  await expect(links).toHaveText([
    'https://evil.example/?q=secret',
    'https://evil.example/',
    'documentation (docs.evil.example)',
    'here (evil.example)',
    'bank (xn--bnk-6cd.example)',
    'write us (eve@evil.example)',
    'https://docs.example/b',
  ]);
  await expect(links.nth(3)).toHaveAttribute('href', 'https://evil.example/x');
  await expect(links.nth(4)).toHaveAttribute('href', 'https://xn--bnk-6cd.example/');
});

test('before a link leaves for a host that nobody named, the page asks, and the person may stay', async ({ page, context, signIn, chat }) => {
  // T96
  await signIn();
  const link = (await answer(page, chat, '[plan](https://evil.example/?q=what-i-wrote)')).getByRole('link');
  const notice = page.getByRole('dialog', { name: 'You are leaving oracle-ai' });
  for (const click of [() => link.click(), () => link.click({ modifiers: ['ControlOrMeta'] }), () => link.click({ button: 'middle' })]) {
    await click();
    await expect(notice).toContainText('leads to evil.example');
    await expect(notice).toContainText('https://evil.example/?q=what-i-wrote');
    await expect(notice.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await notice.getByRole('button', { name: 'Cancel' }).click();
    await expect(notice).toBeHidden();
  }
  await link.press('Enter');
  await page.keyboard.press('Escape');
  await expect(notice).toBeHidden();
  await expect(link, 'the focus is where it was').toBeFocused();
  expect(context.pages(), 'nothing was opened').toHaveLength(1);

  await link.click();
  const opened = context.waitForEvent('request', (request) => request.url() === 'https://evil.example/?q=what-i-wrote');
  const tab = context.waitForEvent('page');
  await notice.getByRole('link', { name: 'Open in a new tab' }).click();
  await opened;
  expect(await (await tab).evaluate(() => window.opener)).toBeNull();
  await expect(notice).toBeHidden();
});

test('a host is asked about once where the person says so, and for this page only', async ({ page, context, signIn, chat }) => {
  await signIn();
  const link = (await answer(page, chat, '[plan](https://evil.example/)')).getByRole('link');
  const notice = page.getByRole('dialog', { name: 'You are leaving oracle-ai' });
  await link.click();
  await notice.getByRole('checkbox').check();
  const first = context.waitForEvent('page');
  await notice.getByRole('link', { name: 'Open in a new tab' }).click();
  await first;
  const second = context.waitForEvent('page');
  await link.click();
  await second;
  await expect(notice).toBeHidden();

  const other = (await answer(page, chat, '[plan](https://other.example/)')).getByRole('link');
  await other.click();
  await expect(notice).toContainText('other.example');
});

test('a link to a host that the operator names opens at once', async ({ page, context, signIn, chat }) => {
  await signIn();
  const link = (await answer(page, chat, '[manual](https://docs.trusted.example/a)')).getByRole('link');
  await expect(link).toHaveText('manual (docs.trusted.example)');
  const tab = context.waitForEvent('page');
  await link.click();
  expect(await (await tab).evaluate(() => window.opener)).toBeNull();
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('characters that are not seen are marked in code, and copied as they are', async ({
  page, context, browserName, signIn, chat,
}) => {
  // A comment of a model's code turned the rest of its line around, unmarked.
  needs(browserName, 'reading the clipboard');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn();
  const code = "select 1; -- \u202e;elbat pord\u2066\nselect\u200b 2;\n";
  const answered = await answer(page, chat, `Run \`a\u200bb\`:\n\n\`\`\`sql\n${code}\`\`\`\n\n\`\`\`text\nplain\n\`\`\``);
  const marks = answered.getByRole('img');
  await expect(marks).toHaveCount(4);
  for (const [index, name] of ['U+200B', 'U+202E', 'U+2066', 'U+200B'].entries()) {
    await expect(marks.nth(index)).toHaveAccessibleName(name);
    expect(await marks.nth(index).evaluate((it) => getComputedStyle(it, '::before').content)).toContain('⟨');
  }
  await expect(answered.locator('.hidden-characters'), 'of the block that has them').toHaveCount(1);
  await expect(answered.locator('pre code').first()).toHaveJSProperty('textContent', code);
  await answered.getByRole('button', { name: 'Copy code' }).first().click();
  await expect(answered.getByRole('status').filter({ hasText: 'Copied' })).toHaveCount(1);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
});

// What answers and the window do to each other: scrolling, widths, print, directions of writing, waiting.

import { answerNextWithText, expect, onNextMessage, test } from '../fixtures/test';
import { filesOf } from '../pages/files';

const longAnswer = Array.from({ length: 60 }, (_, n) =>
  n % 10 ? `Paragraph ${n} of a long answer.` : `\`\`\`sql\nselect ${n} from dual;\n\`\`\``).join('\n\n');

const heights = () => [document.documentElement.scrollHeight, window.innerHeight];

for (const { name, viewport } of [
  { name: 'on a desktop', viewport: { width: 1280, height: 860 } },
  { name: 'on a phone', viewport: { width: 390, height: 664 } },
]) {
  test.describe(name, () => {
    test.use({ viewport });

    test('the page is as high as the window after an answer that is longer', async ({ page, signIn, chat }) => {
      await signIn();
      await answerNextWithText(page, longAnswer);
      await chat.ask('Everything, please');
      await chat.answered('Paragraph 59');
      const [inner, outer] = await page.evaluate(heights);
      expect(inner).toBe(outer);
    });

    test('Jump to latest does not cover what one writes', async ({ page, signIn, chat }) => {
      await signIn();
      await answerNextWithText(page, longAnswer);
      await chat.ask('Everything, please');
      await chat.answered('Paragraph 59');
      await page.getByRole('region', { name: 'Conversation' }).evaluate((it) => it.scrollTo(0, 0));
      await expect(chat.jumpToLatest).toBeVisible();
      const [button, field] = await Promise.all([chat.jumpToLatest.boundingBox(), chat.message.boundingBox()]);
      expect(button!.y + button!.height).toBeLessThanOrEqual(field!.y);
    });
  });
}

test('headings of an answer have three sizes', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, '# One\n\n## Two\n\n### Three\n\nText');
  await chat.ask('With headings');
  await chat.answered('Three');
  const sizes = await chat.answers.last().getByRole('heading').filter({ hasText: /One|Two|Three/ })
    .evaluateAll((all) => all.map((it) => parseFloat(getComputedStyle(it).fontSize)));
  expect(sizes).toHaveLength(3);
  expect(sizes[0]).toBeGreaterThan(sizes[1]);
  expect(sizes[1]).toBeGreaterThan(sizes[2]);
});

test('a row of a wide table with a long text stays low', async ({ page, signIn, chat }) => {
  await signIn();
  const columns = Array.from({ length: 9 }, (_, n) => `column_${n}`);
  const long = 'select o.id, o.total from orders o join customers c on c.id = o.customer where o.state = 1';
  const row = columns.map((column, n) => (n === 4 ? long : `${column} value`));
  await answerNextWithText(page, [columns, columns.map(() => '---'), row].map((it) => `| ${it.join(' | ')} |`).join('\n'));
  await chat.ask('A wide table');
  await chat.answered('column_8 value');
  const table = chat.answers.last().getByRole('table');
  expect((await table.locator('tbody tr').boundingBox())!.height).toBeLessThan(100);
  expect(await table.evaluate((it) => it.parentElement!.scrollWidth > it.parentElement!.clientWidth), 'it scrolls').toBe(true);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(inner, 'and not the page').toBe(outer);
});

test('a narrow table is as wide as the answer, and `<br>` breaks a line in its cells', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, '| a | b |\n|---|---|\n| one<br>two | 3 |\n');
  await chat.ask('A table');
  const cell = chat.answers.last().getByRole('cell', { name: 'one' });
  await expect(cell).toBeVisible();
  await expect(cell.locator('br')).toHaveCount(1);
  const widths = await chat.answers.last().getByRole('table').evaluate((it) => [it.clientWidth, it.parentElement!.clientWidth]);
  expect(widths[0]).toBe(widths[1]);
});

test('a window that gets narrow shows the conversation, and one that gets wide its list again', async ({
  page, signIn, chat, sidebar,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await signIn();
  await expect(sidebar.list).toBeVisible();
  // So does a zoom of 200 %.
  await page.setViewportSize({ width: 640, height: 400 });
  await expect(sidebar.list).toBeHidden();
  await expect(chat.message).toBeVisible();
  await sidebar.show.click();
  await expect(sidebar.list).toBeVisible();
  await page.setViewportSize({ width: 600, height: 400 });
  await expect(sidebar.list, 'the person has opened it').toBeVisible();
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(sidebar.list).toBeVisible();
  await sidebar.hide.click();
  await page.setViewportSize({ width: 640, height: 400 });
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(chat.message).toBeVisible();
  await expect(sidebar.list, 'the person has closed it').toBeHidden();
});

test('a printed conversation is the conversation, all of it', async ({ page, signIn, chat, sidebar }) => {
  await signIn();
  await answerNextWithText(page, longAnswer);
  await chat.ask('Everything, please');
  await chat.answered('Paragraph 59');
  await page.emulateMedia({ media: 'print' });
  for (const hidden of [chat.banner, sidebar.list, chat.message, chat.answers.last().getByRole('button').first()]) {
    await expect(hidden).toBeHidden();
  }
  const [first, last] = [chat.bodyOf(chat.questions.first()), chat.answers.last().getByText('Paragraph 59')];
  await expect(first).toBeVisible();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const box = (await last.boundingBox())!;
  expect(box.y + box.height, 'nothing is cut off by a box that scrolls').toBeLessThanOrEqual(height);
  expect(height).toBeGreaterThan(1500);
  // A4 is narrower than the list and the chat beside it.
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
  const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g)!.length;
  expect(pages).toBeGreaterThan(1);
  expect(pages, 'no blank pages').toBeLessThanOrEqual(Math.ceil(height / 900) + 1);
});

test('each block is written in its own direction, and code from the left', async ({ page, signIn, chat }) => {
  await signIn();
  await answerNextWithText(page, 'زمن الانتظار\n\nIn English\n\n```sql\nselect 1 from dual;\n```\n\nשלום `v$session` שלום');
  await chat.ask('In two directions');
  await chat.answered('In English');
  const answer = chat.answers.last();
  const directionOf = (text: string) => answer.locator('.markdown p').filter({ hasText: text }).evaluate((it) => getComputedStyle(it).direction);
  expect(await directionOf('زمن')).toBe('rtl');
  expect(await directionOf('In English')).toBe('ltr');
  expect(await directionOf('שלום')).toBe('rtl');
  for (const code of await answer.locator('pre, pre code, .code-bar, p code').all()) {
    await expect(code).toHaveCSS('direction', 'ltr');
  }
  const [block, text] = await answer.locator('pre').evaluate((it) => {
    const range = document.createRange();
    range.selectNodeContents(it);
    return [it.getBoundingClientRect().left, range.getBoundingClientRect().left];
  });
  expect(text - block, 'code begins at the left').toBeLessThan(20);
});

test('the end of an answer stays in view when what is below it takes more room', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await answerNextWithText(page, `${'A paragraph.\n\n'.repeat(40)}The very end`);
  await chat.ask('At length');
  const end = chat.answers.last().getByText('The very end');
  await expect(end).toBeInViewport();
  await chat.message.fill('a line\n'.repeat(8));
  await expect(end).toBeInViewport();
  await files.choose({ name: 'alert.log', mimeType: 'text/plain', text: 'ORA-00600' });
  await expect(files.attached).toHaveCount(1);
  await expect(end).toBeInViewport();

  // Nor does it come into view for somebody who reads further up.
  await chat.conversation.getByText('At length').scrollIntoViewIfNeeded();
  await expect(end).not.toBeInViewport();
  await chat.message.fill('a line');
  await expect(chat.conversation.getByText('At length')).toBeInViewport();
});

test('a wait for the first word is seen to go on', async ({ page, signIn, chat }) => {
  await page.clock.install();
  await signIn();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await onNextMessage(page, async (route) => {
    await answered;
    await route.continue();
  });
  await chat.ask('Something long');
  const waiting = chat.answers.last().getByText('Reading your question…');
  await expect(chat.stop).toBeVisible();
  await expect(waiting, 'a short wait needs no words').toHaveCount(0);
  for (let second = 0; second < 12; second += 1) await page.clock.runFor(1000);
  await expect(waiting).toHaveText(/Reading your question… 1[12] s/);
  await expect(chat.answers.last().locator('.caret')).toHaveCSS('animation-iteration-count', 'infinite');
  answer();
  await page.clock.resume();
  await chat.answered('Something long');
  await expect(waiting).toHaveCount(0);
});

test('a copied answer is also a table for Word and Outlook', async ({ page, context, signIn, chat }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn();
  const text = '| SQL | Seconds |\n|---|---|\n| a | 12 |\n';
  await answerNextWithText(page, text);
  await chat.ask('A table');
  await chat.answered('12');
  await chat.copy(chat.answers.last()).click();
  await expect(chat.answers.last().getByText('Copied').first()).toBeVisible();
  const copied = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string) => (await item.getType(type)).text();
    return { types: item.types, plain: await read('text/plain'), html: await read('text/html') };
  });
  expect(copied.types).toEqual(expect.arrayContaining(['text/plain', 'text/html']));
  expect(copied.plain).toBe(text);
  expect(copied.html).toContain('<td>a</td>');
  expect(copied.html).toMatch(/<td align="right">12<\/td>/);
});

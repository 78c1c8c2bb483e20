// Code and tables of answers: their colours, their bars, their widths, and what is saved of them.

import { readFile } from 'node:fs/promises';

import type { Locator, Page } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { answerNextWithText, besideModel, expect, test } from '../fixtures/test';
import type { ChatPage } from '../pages/chat';

const inBlock = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\`\n`;

async function answered(page: Page, chat: ChatPage, text: string) {
  await answerNextWithText(page, `${text}\n\nDone.`);
  await chat.ask('Show me');
  await chat.answered('Done.');
  return chat.answers.last();
}

/** Name and content of the file that the button saves. */
async function saved(page: Page, button: Locator) {
  const download = page.waitForEvent('download');
  await button.click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

test('code of each language that is known has its colours', async ({ page, signIn, chat }) => {
  await signIn();
  const answer = await answered(page, chat, [
    inBlock('plsql', "BEGIN\n  NULL; -- why\nEND;"),
    inBlock('bash', 'for f in *; do echo "$f" $HOME; done # all'),
    inBlock('python', '@cache\ndef f(x):\n    return "a" + 1'),
    inBlock('json', '{"name": "value", "n": 1, "ok": true}'),
    inBlock('yaml', 'name: value # note\nok: true'),
    inBlock('text', 'for select def'),
  ].join('\n'));
  const block = (n: number) => answer.locator('pre').nth(n);
  await expect(block(0).locator('.keyword')).toHaveText(['BEGIN', 'NULL', 'END']);
  await expect(block(0).locator('.comment')).toHaveText('-- why');
  await expect(block(1).locator('.keyword')).toHaveText(['for', 'in', 'do', 'echo', 'done']);
  await expect(block(1).locator('.variable')).toHaveText('$HOME');
  await expect(block(2).locator('.variable')).toHaveText('@cache');
  await expect(block(2).locator('.string')).toHaveText('"a"');
  await expect(block(3).locator('.name')).toHaveText(['"name"', '"n"', '"ok"']);
  await expect(block(3).locator('.keyword')).toHaveText('true');
  await expect(block(4).locator('.name')).toHaveText(['name', 'ok']);
  await expect(block(5).locator('code span[class]'), 'nobody knows').toHaveCount(0);
});

for (const { locale, rows } of [
  { locale: 'en-GB', rows: ['Event,Time', `"'=HYPERLINK(""https://evil.example"")","1,5"`, 'log file sync,-3', `"'@a","'+b"`] },
  { locale: 'fr-FR', rows: ['Event;Time', `"'=HYPERLINK(""https://evil.example"")";1,5`, 'log file sync;-3', `"'@a";"'+b"`] },
]) {
  test.describe(`in ${locale}`, () => {
    test.use({ locale });

    test('code is saved as a file of its kind', async ({ page, browserName, signIn, chat, words }) => {
      needs(browserName, 'downloads');
      await signIn();
      const answer = await answered(page, chat, [
        inBlock('sql', "select 'é' from dual;"), inBlock('bash', 'ls'), inBlock('python', 'pass'), inBlock('yml', 'a: b'), inBlock('', 'x'),
      ].join('\n'));
      const download = answer.getByRole('button', { name: words.downloadCode });
      const files = [];
      for (const button of await download.all()) files.push(await saved(page, button));
      expect(files.map((it) => it.name)).toEqual(['code.sql', 'code.sh', 'code.py', 'code.yaml', 'code.txt']);
      expect(files[0].text).toBe("select 'é' from dual;\n");
    });

    test('a table is saved for a spreadsheet, without formulas', async ({ page, browserName, signIn, chat, words }) => {
      needs(browserName, 'downloads');
      await signIn();
      const answer = await answered(
        page, chat, '| Event | Time |\n|---|---|\n| =HYPERLINK("https://evil.example") | 1,5 |\n| `log file sync` | -3 |\n| @a | +b |');
      const { name, text } = await saved(page, answer.getByRole('button', { name: words.downloadCsv }));
      expect(name).toBe('table.csv');
      expect(text).toBe(`\u{feff}${rows.join('\r\n')}\r\n`);
    });
  });
}

test('a table is copied as Markdown, and as a table for Word', async ({ page, context, browserName, signIn, chat, words }) => {
  needs(browserName, 'reading the clipboard');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn();
  const table = '| Event | Time |\n| --- | --: |\n| `log file sync` | 12 |\n';
  const answer = await answered(page, chat, `Before\n\n${table}`);
  await answer.getByRole('button', { name: words.copyTable }).click();
  await expect(answer.getByRole('status').filter({ hasText: 'Copied' })).toHaveCount(1);
  const copied = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string) => (await item.getType(type)).text();
    return { plain: await read('text/plain'), html: await read('text/html') };
  });
  expect(copied.plain).toBe(table);
  expect(copied.html).toContain('<code>log file sync</code>');
});

test('long lines of code are wrapped on demand', async ({ page, signIn, chat, words }) => {
  await signIn();
  const answer = await answered(page, chat, inBlock('text', 'word '.repeat(200)));
  const wrap = answer.getByRole('button', { name: words.wrapCode });
  const scrolls = () => answer.locator('pre').evaluate((it) => it.scrollWidth > it.clientWidth);
  expect(await scrolls()).toBe(true);
  await expect(wrap).toHaveAttribute('aria-pressed', 'false');
  await wrap.click();
  await expect(wrap).toHaveAttribute('aria-pressed', 'true');
  expect(await scrolls()).toBe(false);
});

test('the bar of code and the head of a table stay in view', { tag: '@engines' }, async ({ page, signIn, chat }) => {
  await signIn();
  const rows = Array.from({ length: 80 }, (_, n) => `| row ${n} | ${n} |`).join('\n');
  const answer = await answered(
    page, chat, `${inBlock('sql', 'select 1;\n'.repeat(80))}\n| name | value |\n|---|---|\n${rows}`);
  const transcript = page.getByRole('region', { name: 'Conversation' });
  const top = (await transcript.boundingBox())!.y;
  for (const { inside, stays } of [
    { inside: answer.locator('.keyword').nth(40), stays: answer.locator('.code-bar') },
    { inside: answer.getByRole('cell', { name: 'row 40' }), stays: answer.getByRole('columnheader').first() },
  ]) {
    await inside.evaluate((it) => it.scrollIntoView({ block: 'center' }));
    await expect.poll(async () => Math.abs((await stays.boundingBox())!.y - top)).toBeLessThanOrEqual(1);
    await expect(stays).toBeInViewport();
  }
});

test.describe('in a wide window', () => {
  test.use({ viewport: { width: 1900, height: 900 } });

  test('wide tables and code are wider than the text, up to the pane, and texts are not', async ({ page, signIn, chat }) => {
    await signIn();
    const columns = Array.from({ length: 12 }, (_, n) => `a_long_column_${n}`);
    const wide = [columns, columns.map(() => '---'), columns].map((row) => `| ${row.join(' | ')} |`).join('\n');
    const answer = await answered(
      page, chat, `${'A long text. '.repeat(60)}\n\n${wide}\n\n${inBlock('sql', `select ${'column_name, '.repeat(10)}`)}\n\n${inBlock('sql', 'select 1;')}`);
    const widthOf = async (it: Locator) => (await it.boundingBox())!.width;
    const text = await widthOf(answer.locator('.markdown > p').first());
    const pane = await widthOf(page.getByRole('region', { name: 'Conversation' }));
    expect(text).toBeLessThan(800);
    for (const it of [answer.getByRole('region', { name: 'Table' }), answer.locator('.code').first()]) {
      expect(await widthOf(it)).toBeGreaterThan(text + 100);
      expect(await widthOf(it)).toBeLessThanOrEqual(pane);
    }
    expect(await widthOf(answer.locator('.code').nth(1)), 'short code').toBeCloseTo(text, 0);
    const left = async (it: Locator) => (await it.boundingBox())!.x;
    expect(await left(answer.locator('.code').first()), 'it begins where the text does')
      .toBeCloseTo(await left(answer.locator('.markdown > p').first()), 0);
    expect(await page.evaluate(() => document.querySelector('#transcript')!.scrollWidth
      - document.querySelector('#transcript')!.clientWidth)).toBe(0);
  });

  test('a table that is wider than the window scrolls in its own box, with its head in view', async ({ page, signIn, chat }) => {
    await signIn();
    const columns = Array.from({ length: 40 }, (_, n) => `a_long_column_${n}`);
    const rows = [columns, columns.map(() => '---'), ...Array.from({ length: 60 }, () => columns)];
    const answer = await answered(page, chat, rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
    const table = answer.getByRole('region', { name: 'Table' });
    await expect(table).toHaveCSS('overflow-y', 'auto');
    await table.evaluate((it) => it.scrollTo(500, 700));
    const [head, box] = [await answer.getByRole('columnheader').first().boundingBox(), await table.boundingBox()];
    expect(Math.abs(head!.y - box!.y)).toBeLessThanOrEqual(1.5);
    expect(box!.height).toBeLessThan(900);
  });
});

test.describe('beside a model', () => {
  test.use(besideModel);

  test('sources that the model names are links below the answer, and stored with it', async ({ page, signIn, chat }) => {
    await signIn();
    await chat.ask('/citations');
    const links = chat.answers.last().getByRole('link');
    await expect(links).toHaveText(['Latches and mutexes (docs.example)']);
    await expect(chat.answers.last()).toContainText('Sources');
    await page.reload();
    await expect(links).toHaveText(['Latches and mutexes (docs.example)']);
    await links.click();
    await expect(page.getByRole('dialog')).toContainText('https://docs.example/latches');
  });
});

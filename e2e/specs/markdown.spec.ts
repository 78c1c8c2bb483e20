import { needs } from '../fixtures/engines';
import { answerNextWithText, expect, test } from '../fixtures/signed-in';

test('a table has its heads, its numbers to the right, and a box of its own to scroll in', { tag: '@engines' }, async ({
  page, signIn, chat,
}) => {
  await signIn();
  await chat.ask('/table');
  const table = chat.answers.last().getByRole('table');
  await expect(table.getByRole('columnheader')).not.toHaveCount(0);
  await expect(chat.send).toBeVisible();
  await expect(table.getByRole('row').nth(1).getByRole('cell').last()).toHaveCSS('text-align', /end|right/);
  const box = chat.answers.last().getByRole('region', { name: 'Table' });
  await expect(box, 'a table that fits keeps its head in view in the transcript').toHaveCSS('overflow-x', 'visible');
  await page.setViewportSize({ width: 320, height: 640 });
  await expect(box).toHaveCSS('overflow-x', 'auto');
});

test('SQL is coloured and copied as it was written', async ({
  page, context, browserName, signIn, chat,
}) => {
  needs(browserName, 'reading the clipboard');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn();
  const code = "select /*+ full(t) */ 'it''s'\n\nfrom t -- end\nwhere n > 10;\n";
  await answerNextWithText(page, `Try this:\n\n\`\`\`sql\n${code}\`\`\`\n\nDone.`);
  await chat.ask('How?');
  const answer = chat.answers.last();
  await expect(answer.locator('.keyword')).toHaveText(['select', 'from', 'where']);
  await expect(answer.locator('.hint').first()).toBeVisible();
  await expect(answer.locator('pre')).toHaveCSS('white-space', 'pre');
  await answer.getByRole('button', { name: 'Copy code' }).click();
  await expect(answer.getByRole('status').filter({ hasText: 'Copied' })).toHaveCount(1);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);

  await page.evaluate(() => navigator.clipboard.writeText(''));
  await page.keyboard.press('Control+Shift+Semicolon');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), 'by the keyboard').toBe(code);
});

test('links lead only where links may, and to a page of their own', async ({ page, signIn, chat }) => {
  // T95, T96
  await signIn();
  await answerNextWithText(
    page,
    '[docs](https://docs.example/a) ![plan](https://docs.example/p.png) [bad](javascript:alert(1)) <b onclick=x>raw</b> ' +
      'See https://docs.example/b_c, and javascript:alert(2).',
  );
  await chat.ask('Links?');
  await chat.answered('<b onclick=x>raw</b> See https://docs.example/b_c, and javascript:alert(2).');
  const links = chat.answers.last().getByRole('link');
  await expect(links).toHaveText(['docs (docs.example)', 'plan (docs.example)', 'https://docs.example/b_c']);
  await expect(links.last()).toHaveAttribute('href', 'https://docs.example/b_c');
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute('target', '_blank');
    await expect(link).toHaveAttribute('rel', 'noopener noreferrer');
  }
  await expect(chat.answers.last().locator('img, b')).toHaveCount(0);
});

test('blocks that are whole stay the same elements while the answer grows', async ({ signIn, chat }) => {
  await signIn();
  await chat.ask('/long');
  const first = chat.answers.last().locator('.markdown > *').first();
  await expect(chat.answers.last().locator('.markdown > *').nth(3)).toBeVisible();
  await first.evaluate((it) => it.setAttribute('data-seen', ''));
  await expect(chat.answers.last().locator('.markdown > *').nth(12)).toBeVisible();
  expect(await first.evaluate((it) => it.hasAttribute('data-seen'))).toBe(true);
  await chat.stop.click();
  expect(await first.evaluate((it) => it.hasAttribute('data-seen')), 'when it ends, too').toBe(true);
});

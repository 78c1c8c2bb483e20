// How long a person waits in a long conversation: figures, beside their budgets.

import type { Locator } from '@playwright/test';

import { withinBudget } from '../fixtures/budget';
import { expect, test } from '../fixtures/test';
import { filesOf } from '../pages/files';

declare global {
  interface Window {
    /** Milliseconds of each long task. */
    tasks: number[];
  }
}

const MESSAGES = 500;

// A trace's pictures of the page lay out all that is outside of it: seconds, with so many messages.
test.use({ trace: 'off' });

test(`${MESSAGES} messages: how long a key and a streamed answer take`, async ({ page, signIn, chat }) => {
  test.slow();
  const text = 'A paragraph about **waits** and `v$session`.\n\n- one\n- two\n\n```sql\nselect 1 from dual;\n```\n';
  const messages = Array.from({ length: MESSAGES }, (_, n) => ({
    id: `m-${n}`,
    role: n % 2 ? 'answer' : 'question',
    text: n % 2 ? text : `Question ${n}`,
    end: n % 2 ? 'complete' : null,
    error: null,
    usage: null,
    at: n,
  }));
  await page.route('**/api/conversation?*', (route) =>
    route.fulfill({ json: { id: 'long', title: 'Long', messages, running: null } }));
  await signIn('/chat');
  await page.addInitScript(() => {
    const tasks: number[] = (window.tasks = []);
    new PerformanceObserver((list) => list.getEntries().forEach((it) => tasks.push(it.duration)))
      .observe({ type: 'longtask', buffered: true });
  });
  const opening = Date.now();
  await page.goto('/c/long');
  await page.waitForFunction((count) => document.querySelectorAll('article').length === count, MESSAGES);
  const opened = Date.now() - opening;

  const whileOpening: number[] = await page.evaluate(async () => {
    await new Promise((idle) => requestIdleCallback(idle));
    return window.tasks.splice(0);
  });
  const keys = await timesOfKeys(chat.message);
  // Nothing is looked for by role meanwhile: among so many messages, that alone would be the longest task.
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('/long');
  await page.keyboard.press('Enter');
  await page.evaluate(async () => {
    const isAnswering = () => document.querySelector('[aria-busy=true]') !== null;
    const until = async (wanted: boolean) => {
      while (isAnswering() !== wanted) await new Promise((soon) => setTimeout(soon, 20));
    };
    await until(true);
    await until(false);
  });
  const tasks: number[] = await page.evaluate(() => window.tasks);
  const figures = {
    'opened, ms': opened,
    'longest task while it opened, ms': Math.round(Math.max(0, ...whileOpening)),
    'key to paint, median ms': Math.round(keys[30]),
    'key to paint, p95 ms': Math.round(keys[56]),
    'longest task, ms': Math.round(Math.max(0, ...tasks)),
    'tasks over 50 ms': tasks.length,
    'tasks over 100 ms': tasks.filter((ms) => ms > 100).length,
  };
  console.log(`${MESSAGES} messages:`, figures);
  test.info().annotations.push({ type: 'figures', description: JSON.stringify(figures) });
  withinBudget(`longest task while ${MESSAGES} messages open`, Math.max(0, ...whileOpening), 100);
  withinBudget('from a key to paint, p95', keys[56], 50);
  expect(keys).toHaveLength(60);
});

test('an attached megabyte: how long a key takes', async ({ page, signIn, chat }) => {
  await signIn('/chat');
  const files = filesOf(page);
  await files.choose({ name: 'big.log', mimeType: 'text/plain', text: 'a line of the log\n'.repeat(55_000) });
  await expect(files.attached).toContainText('990,000 characters');
  const keys = await timesOfKeys(chat.message);
  console.log('an attached megabyte: from a key to paint, median and p95 ms:', keys[30], keys[56]);
  withinBudget('from a key to paint beside an attached megabyte, p95', keys[56], 50);
  expect(keys).toHaveLength(60);
});

test('a pasted megabyte: how long a key takes', async ({ page, signIn, chat }) => {
  await signIn('/chat');
  const figures: number[] = await chat.message.evaluate(async (field: HTMLTextAreaElement) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const type = async (into: HTMLTextAreaElement) => {
      const times: number[] = [];
      into.focus();
      into.setSelectionRange(into.value.length, into.value.length);
      for (let n = 0; n < 9; n += 1) {
        const start = performance.now();
        document.execCommand('insertText', false, 'a');
        await painted();
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[4];
    };
    const megabyte = 'word '.repeat(200_000);
    // The browser's own part: the same field, of which no program knows.
    const bare = field.cloneNode() as HTMLTextAreaElement;
    bare.removeAttribute('dir');
    field.parentElement!.append(bare);
    bare.value = megabyte;
    await painted();
    const own = await type(bare);
    bare.remove();
    field.focus();
    document.execCommand('insertText', false, megabyte);
    await painted();
    return [await type(field), own];
  });
  console.log('a pasted megabyte: from a key to paint, median ms, and in a field that no program knows:', figures);
  withinBudget('from a key to paint after a pasted megabyte, beyond the browser’s own', figures[0] - figures[1], 50);
  await expect(page.getByRole('alert')).toContainText('characters are too many');
});

/** Milliseconds from each of 60 keys to the paint after it, the shortest first. */
async function timesOfKeys(field: Locator): Promise<number[]> {
  await field.focus();
  return field.evaluate(async () => {
    const times: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      const start = performance.now();
      document.execCommand('insertText', false, 'a');
      await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  });
}

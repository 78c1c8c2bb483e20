// What a first visit and a sign-in cost: figures, beside their budgets. What holds on any machine is asserted: nothing
// moves while a page comes up.

import type { Browser, CDPSession, Page } from '@playwright/test';

import { withinBudget } from '../fixtures/budget';
import { expect, test } from '../fixtures/test';
import { loginPageOf, type LoginPage } from '../pages/login';

const ROUNDS = Number(process.env.PAGE_LOAD_ROUNDS ?? 5);

/** Latency of a round trip in ms, throughput in bytes per second, the processor's slowdown; the most ms until a page is
 *  interactive. */
const conditions = {
  'office network': { latency: 2, down: 12_500_000, up: 12_500_000, slowdown: 1, budget: 200 },
  'Fast 3G, a phone': { latency: 150, down: 200_000, up: 93_750, slowdown: 4, budget: 3000 },
};

// A trace takes time of the page's own.
test.use({ trace: 'off' });

interface Visit {
  /** The shell is painted: since the address was entered, in ms. */
  shell: number;
  /** The page works: it asks for its authorization request. */
  interactive: number;
  /** A message can be written: since the provider sent the browser back. */
  composer: number;
  /** The same after a reload, files and session being there. */
  reload: number;
  /** Sum of layout shifts on our own pages; 0 is none. */
  shifted: number;
}

for (const [name, condition] of Object.entries(conditions)) {
  test(`from the first visit to a message that can be written: ${name}`, async ({ browser, baseURL, user, identityProvider }) => {
    test.setTimeout(ROUNDS * 60_000);
    const visits: Visit[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      visits.push(await visit(browser, baseURL!, condition, (page) => loginPageOf(identityProvider, page), `${user.name}-${round}`));
    }
    const figures = {
      'shell painted, ms': spread(visits.map((it) => it.shell)),
      'interactive, ms': spread(visits.map((it) => it.interactive)),
      'back from the provider to the composer, ms': spread(visits.map((it) => it.composer)),
      'reload to the composer, ms': spread(visits.map((it) => it.reload)),
    };
    console.log(`${name}, median (least to most) of ${ROUNDS}:`, figures);
    test.info().annotations.push({ type: 'figures', description: JSON.stringify({ name, ...figures }) });
    withinBudget(`interactive, ${name}`, median(visits.map((it) => it.interactive)), condition.budget);
    expect(visits.map((it) => it.shifted)).toEqual(visits.map(() => 0));
  });
}

/** The first visit of a browser, signed in and reloaded once. */
async function visit(
  browser: Browser,
  origin: string,
  condition: (typeof conditions)[keyof typeof conditions],
  loginPage: (page: Page) => LoginPage,
  user: string,
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: origin });
  const page = await context.newPage();
  await throttle(await context.newCDPSession(page), condition);
  let shifted = 0;
  let painted: (ms: number) => void = () => {};
  const shell = new Promise<number>((resolve) => (painted = resolve));
  await page.exposeBinding('__shifted', ({ page }, by: number) => {
    if (page.url().startsWith(origin)) shifted += by;
  });
  await page.exposeBinding('__painted', (_, ms: number) => painted(ms));
  await page.addInitScript(watchPage);

  const document = page.waitForRequest((request) => request.isNavigationRequest());
  const authorize = page.waitForRequest('**/api/authorize?*');
  await page.goto('/chat');
  await (await authorize).response();
  const interactive = (await authorize).timing().startTime - (await document).timing().startTime;

  await loginPage(page).signInAs(user);
  const composer = await composerShown(page);
  await page.reload();
  const reload = await composerShown(page);
  const result = { shell: await shell, interactive, composer, reload, shifted };
  await context.close();
  return result;
}

async function throttle(devtools: CDPSession, { latency, down, up, slowdown }: (typeof conditions)[keyof typeof conditions]) {
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency,
    downloadThroughput: down,
    uploadThroughput: up,
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
}

/** Runs in every page before its own scripts. */
function watchPage() {
  const bindings = window as unknown as Record<'__shifted' | '__painted', (value: number) => void> & { __composer?: number };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) bindings.__shifted((entry as unknown as { value: number }).value);
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName('first-contentful-paint')) bindings.__painted(entry.startTime);
  }).observe({ type: 'paint', buffered: true });
  const look = () => {
    const field = document.querySelector('textarea');
    if (field && !field.disabled && field.checkVisibility()) bindings.__composer = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}

/** Ms since this document was asked for. */
async function composerShown(page: Page) {
  const shown = await page.waitForFunction(() => (window as unknown as { __composer?: number }).__composer, undefined, {
    timeout: 50_000,
  });
  return (await shown.jsonValue()) as number;
}

function spread(values: number[]) {
  const rounded = values.map(Math.round);
  return `${median(rounded)} (${Math.min(...rounded)} to ${Math.max(...rounded)})`;
}

function median(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

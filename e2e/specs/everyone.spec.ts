// On a phone, in the dark, and without a mouse.

import type { Locator, Page } from '@playwright/test';

import { needs } from '../fixtures/engines';
import { expect, test } from '../fixtures/test';
import { mockLoginPage } from '../pages/login';
import { signedOutPage } from '../pages/signed-out';

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test.skip(({ browserName }) => browserName === 'firefox', 'needs an emulated phone, which Playwright has not in Firefox');

  test('every page fits its width, however long a word', async ({ page, user, login, signIn, chat, callback }) => {
    await page.goto('/');
    await login.isOpen();
    await fits(page);
    await page.goto('/auth/callback');
    await callback.says('nothingToFinish');
    await fits(page);

    await signIn();
    await fits(page);
    await chat.askByButton(`${user.name} ${'Donaudampfschifffahrt'.repeat(20)}`);
    await chat.answered(user.name);
    await fits(page);
    await expect(chat.message).toBeInViewport({ ratio: 1 });
    await expect(chat.send).toBeInViewport({ ratio: 1 });

    await chat.signOut.click();
    await signedOutPage(page).everywhere();
    await fits(page);
  });

  test('Enter breaks the line, the button sends, and the page says so', async ({ page, signIn, chat, sidebar }) => {
    await signIn();
    await expect(page.getByText('The button sends, Enter breaks the line.')).toBeVisible();
    await expect(page.getByText('Shift+Enter')).toHaveCount(0);
    await chat.message.fill('first line');
    await chat.message.press('Enter');
    await chat.message.pressSequentially('second line');
    await expect(chat.message).toHaveValue('first line\nsecond line');
    await expect(chat.questions).toHaveCount(0);
    await chat.send.click();
    await chat.answered('second line');
    await page.keyboard.press('Control+/');
    await expect(sidebar.dialog).toContainText('Break the line');
    await expect(sidebar.dialog).not.toContainText(/Shift\+Enter|Send the message/);
  });

  test('a long conversation keeps its end and the composer in view', async ({ signIn, chat }) => {
    await signIn();
    await chat.askByButton(`a long question\n${'line\n'.repeat(60)}the end`);
    await chat.answered('the end');
    await expect(chat.message).toBeInViewport({ ratio: 1 });
    await chat.askByButton('Did you get that?');
    await chat.answered('Did you get that?');
    await expect(chat.answers.last()).toBeInViewport();
  });
});

for (const { colorScheme, darker, lighter } of [
  { colorScheme: 'dark', darker: 'background', lighter: 'text' },
  { colorScheme: 'light', darker: 'text', lighter: 'background' },
] as const) {
  test.describe(`in a ${colorScheme} scheme`, () => {
    test.use({ colorScheme });

    test.beforeEach(({ browserName }) => needs(browserName, 'emulated media'));

    test(`the ${darker} is darker than the ${lighter}, and readable`, async ({ page, signIn, chat, callback }) => {
      await page.goto('/auth/callback');
      // Not the page before it, which goes away while it is looked at.
      await callback.says('nothingToFinish');
      const onFailure = await colours(page.getByRole('heading', { level: 1 }));
      await signIn();
      await chat.ask('Hello');
      await chat.answered('Hello');
      const places = [
        onFailure,
        await colours(chat.questions.first()),
        await colours(chat.answers.first()),
        await colours(chat.message),
        await colours(chat.banner),
      ];
      for (const place of places) {
        expect(place[darker], JSON.stringify(place)).toBeLessThan(place[lighter]);
        expect((place[lighter] + 0.05) / (place[darker] + 0.05), 'WCAG 2.2 contrast').toBeGreaterThan(4.5);
      }
    });
  });
}

test('signing in, asking and signing out need no mouse', async ({ page, user, chat }) => {
  const login = mockLoginPage(page);
  await page.goto('/');
  await login.isOpen();
  await tabTo(page, login.anotherUser);
  await page.keyboard.type(user.name);
  await page.keyboard.press('Enter');

  await chat.isOpen();
  await tabTo(page, chat.message);
  await page.keyboard.type('Which indexes are unused?');
  await page.keyboard.press('Enter');
  await chat.answered('Which indexes are unused?');
  await expect(chat.message, 'ready for the next question').toBeFocused();

  // Backwards: after the last field, Firefox's own controls follow.
  await tabTo(page, chat.account.button, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await chat.account.focusByArrows(chat.account.signOut);
  await page.keyboard.press('Enter');
  await signedOutPage(page).everywhere();
  await tabTo(page, signedOutPage(page).signIn);
});

/** Neither the page nor any part of it can be scrolled sideways. */
async function fits(page: Page) {
  const tooWide = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((it) => it.scrollWidth > it.clientWidth)
      .filter((it) => it === document.scrollingElement || /auto|scroll/.test(getComputedStyle(it).overflowX))
      .map((it) => `${it.tagName} ${it.getAttribute('aria-label') ?? it.id}: ${it.scrollWidth} > ${it.clientWidth}`),
  );
  expect(tooWide, `sideways scrolling at ${page.url()}`).toEqual([]);
}

/** Presses Tab until the element has the focus, and the browser shows that it has. */
async function tabTo(page: Page, element: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  for (let presses = 0; presses < 30; presses += 1) {
    if (await element.evaluate((it) => it.matches(':focus-visible'))) return;
    await page.keyboard.press(key);
  }
  throw new Error(`30 presses of ${key} don't reach ${String(element)}`);
}

/** WCAG relative luminance of an element's text, and of what lies behind it. */
async function colours(element: Locator): Promise<{ text: number; background: number }> {
  return element.evaluate((it) => {
    // As computed colours are written: `rgb(29, 31, 35)` or `rgba(0, 0, 0, 0)`.
    const rgba = (colour: string) => {
      const [red, green, blue, alpha = 1] = colour.match(/^rgba?\((.*)\)$/)![1].split(', ').map(Number);
      return [red, green, blue, alpha];
    };
    const luminance = (colour: string) => {
      const [red, green, blue] = rgba(colour).map((it) => {
        const share = it / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    let behind: Element | null = it;
    while (behind && rgba(getComputedStyle(behind).backgroundColor)[3] < 1) behind = behind.parentElement;
    const canvasColour = matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
    return {
      text: luminance(getComputedStyle(it).color),
      background: luminance(behind ? getComputedStyle(behind).backgroundColor : canvasColour),
    };
  });
}

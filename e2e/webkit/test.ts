// The `test` of the journey: a server and a person of its own, and WebKitGTK.

import { writeFile } from 'node:fs/promises';

import { test as base, expect } from '@playwright/test';

import { ownMock, portsOfWorker, startApp } from '../fixtures/servers';
import { User } from '../fixtures/user';
import { startBrowser, startScreen, type Launch } from './driver';
import { Window } from './window';

interface Fixtures {
  server: { origin: string; provider: string };
  user: User;
  /** Of the server and its provider; the browser's does not move. */
  advanceClock: (seconds: number) => Promise<void>;
  /** Another browser, which shares nothing with the others. */
  start: (launch?: Launch) => Promise<Window>;
  /** Opens the chat and signs in as `user` on the way. */
  signIn: () => Promise<Window>;
}

export const test = base.extend<Fixtures, { display: string }>({
  display: [
    async ({}, use) => {
      const { display, stop } = await startScreen();
      await use(display);
      stop();
    },
    { scope: 'worker' },
  ],

  server: async ({}, use, testInfo) => {
    const ports = portsOfWorker(testInfo.parallelIndex);
    const stop = await startApp(ownMock(ports));
    await use({ origin: `http://localhost:${ports.app}`, provider: `http://127.0.0.1:${ports.provider}` });
    await stop();
  },
  user: ({ request, server }, use) => use(new User(request, server.provider)),
  advanceClock: ({ request, server }, use) =>
    use(async (seconds) => {
      const answer = await request.post(`${server.provider}/__control/clock`, { data: { advance: seconds } });
      await expect(answer, await answer.text()).toBeOK();
    }),

  start: async ({ display }, use, testInfo) => {
    const started: { window: Window; close: () => Promise<void> }[] = [];
    await use(async (launch) => {
      const { driver, close } = await startBrowser(display, launch);
      const window = await Window.of(driver);
      started.push({ window, close });
      return window;
    });
    for (const { window, close } of started) {
      if (testInfo.status !== testInfo.expectedStatus) {
        const path = testInfo.outputPath('seen-last.png');
        await writeFile(path, await window.screenshot());
        await testInfo.attach('what was seen last', { path, contentType: 'image/png' });
      }
      await close();
    }
  },
  signIn: ({ server, user, start }, use) =>
    use(async () => {
      const window = await start();
      await window.open(`${server.origin}/chat`);
      await window.signInAs(user.name);
      await window.chatIsOpen();
      return window;
    }),
});

export { expect };

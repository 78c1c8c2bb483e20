// Another site, open in the same browser: it gets no login begun, and sees nothing.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { ownMock, portsOfWorker, startApp } from '../fixtures/servers';
import { expect, mayLog, noAnswer, test as base } from '../fixtures/test';
import { User } from '../fixtures/user';

const test = base.extend<{
  server: { origin: string; provider: string; refusals: () => Promise<number>; elsewhere: (html: string) => Promise<string> };
}>({
  server: async ({ request }, use, testInfo) => {
    const ports = portsOfWorker(testInfo.parallelIndex);
    // What the browser hides from a page, only the server can report.
    const metrics = `127.0.0.1:${ports.app + 20}`;
    const stop = await startApp({ ...ownMock(ports), METRICS_ADDR: metrics });
    const refusals = async () => {
      const figures = await (await request.get(`http://${metrics}/metrics`)).text();
      return Number(/\{[^}]*request\.cross_site[^}]*\} (\d+)/.exec(figures)?.[1] ?? 0);
    };
    // On a socket of its own: browsers let no page that came from nowhere call this machine.
    let page = '';
    const site = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(page));
    const elsewhere = async (html: string) => {
      page = html;
      await once(site.listen(ports.app + 21, '127.0.0.1'), 'listening');
      return `http://127.0.0.1:${ports.app + 21}/`;
    };
    await use({
      origin: `http://localhost:${ports.app}`, provider: `http://127.0.0.1:${ports.provider}`, refusals, elsewhere,
    });
    site.closeAllConnections();
    site.close();
    await stop();
  },
  // The server outlives the pages, which would complain that it is gone.
  baseURL: ({ server }, use) => use(server.origin),
  user: ({ request, server }, use) => use(new User(request, server.provider)),
});

test('a page of another site begins no login and shows nothing of the app', async ({ page, baseURL, server, signIn, wire }) => {
  mayLog(noAnswer);
  // T10, T11, T94: not even for somebody who is signed in at the provider and here.
  await signIn();
  expect(await server.refusals()).toBe(0);
  const begin = `${baseURL}/api/authorize?dpop_jkt=${'A'.repeat(43)}`;
  await page.goto(await server.elsewhere(
    `<!doctype html><iframe src="${baseURL}/chat"></iframe><iframe src="${begin}"></iframe>
     <img src="${begin}"><script src="${begin}"></script>
     <form method="post" action="${baseURL}/api/token" target="frame"><input name="state" value="s"></form>
     <iframe name="frame"></iframe>`,
  ));
  await page.evaluate(async (url) => {
    document.forms[0].submit();
    for (const mode of ['cors', 'no-cors'] as const) await fetch(url, { mode }).catch(() => {});
  }, begin);

  // A frame, a picture, a script, two calls and a form.
  await expect.poll(server.refusals).toBe(6);
  const shown = await Promise.all(page.frames().slice(1).map((frame) => frame.content().catch(() => '')));
  expect(shown.join(), 'no frame has the app in it').not.toContain('main.css');
  expect(wire.calls('POST', '/api/refresh'), 'and none has resumed a session').toEqual([]);
});

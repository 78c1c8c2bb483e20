// Another site, open in the same browser: it gets no login begun, and sees nothing.

import { expect, test } from '../fixtures/test';
import { provider } from '../fixtures/servers';

test('a page of another site begins no login and shows nothing of the app', async ({ page, baseURL, signIn, wire }) => {
  // T10, T11, T94: not even for somebody who is signed in at the provider and here.
  await signIn();
  const before = wire.calls('GET', '/api/authorize').length;
  const elsewhere = `${provider.mock.origin}/elsewhere`;
  const thumbprint = 'A'.repeat(43);
  await page.route(elsewhere, (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><iframe src="${baseURL}/chat"></iframe><iframe src="${baseURL}/api/authorize?dpop_jkt=${thumbprint}"></iframe>
      <img src="${baseURL}/api/authorize?dpop_jkt=${thumbprint}"><script src="${baseURL}/api/authorize?dpop_jkt=${thumbprint}"></script>
      <form method="post" action="${baseURL}/api/token" target="frame"><input name="state" value="s"></form><iframe name="frame"></iframe>`,
  }));
  await page.goto(elsewhere, { waitUntil: 'load' });
  await page.evaluate(async (url) => {
    document.forms[0].submit();
    for (const mode of ['cors', 'no-cors'] as const) await fetch(url, { mode }).catch(() => {});
  }, `${baseURL}/api/authorize?dpop_jkt=${thumbprint}`);

  const asked = () => wire.calls('GET', '/api/authorize').slice(before);
  await expect.poll(() => asked().length).toBeGreaterThanOrEqual(5);
  for (const request of asked()) {
    const answer = await request.response().catch(() => null);
    expect(answer?.status() ?? 0, `${request.resourceType()} ${request.url()}`).not.toBe(200);
  }
  await expect.poll(() => page.frames().length).toBe(4);
  const shown = await Promise.all(page.frames().slice(1).map((frame) => frame.content().catch(() => '')));
  expect(shown.join(), 'no frame has the app in it').not.toContain('main.css');
  expect(wire.calls('POST', '/api/refresh'), 'and none has resumed a session').toEqual([]);
});

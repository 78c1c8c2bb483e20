import { startCertifiedProvider } from '../providers/certified.mjs';
import { client, foreignProvider, portsOfWorker, startApp } from '../fixtures/servers';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { certifiedLoginPage } from '../pages/login';

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

test('a provider that is down when the app starts is found once it is up', async ({ page, callback, chat, user }) => {
  const ports = portsOfWorker(test.info().parallelIndex);
  const app = foreignProvider(ports.app, `http://127.0.0.1:${ports.provider}`);
  const stopApp = await startApp(app);
  try {
    await page.goto(`${app.FRONT_URL}/chat?topic=awr`);
    await callback.says('unreachable');

    const provider = await startCertifiedProvider({
      ...client, port: ports.provider, redirectUri: `${app.FRONT_URL}/auth/callback`,
    });
    await callback.tryAgain.click();
    await certifiedLoginPage(page).signInAs(user.name);
    await chat.isOpen();
    await expect(page).toHaveURL(`${app.FRONT_URL}/chat?topic=awr`);
    await provider.close();
  } finally {
    await stopApp();
  }
});

for (const kind of ['unavailable', 'server_error', 'reset']) {
  test(`a sign-in that meets a token endpoint answering ${kind} can be tried again`, async ({
    page, user, login, callback, chat,
  }) => {
    mayLog(statusError(502));
    await user.set({ token_faults: [{ kind }] });
    await page.goto('/chat?topic=awr');
    await login.signInAs(user.name);
    await callback.says('unreachable');

    await callback.tryAgain.click();
    await login.signInAs(user.name);
    await chat.isOpen();
    await expect(page).toHaveURL('/chat?topic=awr');
  });

  test(`a refresh that meets ${kind} keeps the session, and the message can be sent again`, async ({
    asleep, page, user, signIn, untilTokenExpires, chat, wire,
  }) => {
    mayLog(statusError(503));
    await user.set({ access_token_ttl: 4 });
    await signIn();
    await untilTokenExpires();
    await user.set({ access_token_ttl: 300, refresh_faults: [{ kind, times: 0 }] });

    await chat.ask('Are you there?');
    await expect(chat.retry).toBeVisible();
    await expect(page).toHaveURL(/\/c\/[\w-]+$/);
    const { 503: unavailable, ...otherwise } = await wire.statuses('POST', '/api/refresh');
    expect(unavailable).toBeGreaterThan(0);
    expect(otherwise).toEqual({});

    await user.set({ refresh_faults: [] });
    await chat.retry.click();
    await chat.answered('Are you there?');
    await expect(chat.failure).toBeHidden();
    expect(wire.calls('GET', '/api/authorize'), 'nobody had to sign in again').toHaveLength(1);
  });
}

// The providers that `docs/providers.md` has settings for, as the mock plays them: a day in a browser with just these
// settings. Who we are there (`OIDC_ISSUER`, `CLIENT_AUTH`) is the embedded mock's to say.

import { documented } from '../fixtures/documented';
import { ownMock, portsOfWorker, startApp } from '../fixtures/servers';
import { expect, mayLog, statusError, test as base } from '../fixtures/test';
import { User } from '../fixtures/user';
import { signedOutPage } from '../pages/signed-out';

interface Played {
  title: string;
  profile: string;
  /** Whether the provider has an end session endpoint, or a sign-out page that was configured, or neither. */
  signsOut: 'there and back' | 'at a page of its own' | 'here only';
}

const providers: Played[] = [
  { title: 'Broadcom SiteMinder', profile: 'siteminder', signsOut: 'at a page of its own' },
  { title: 'Microsoft Entra ID', profile: 'entra', signsOut: 'there and back' },
  { title: 'Keycloak', profile: 'keycloak', signsOut: 'there and back' },
  { title: 'Google', profile: 'google', signsOut: 'here only' },
];

const test = base.extend<{ played: Played; server: { origin: string; provider: string } }>({
  played: [providers[0], { option: true }],

  server: async ({ played }, use, testInfo) => {
    const ports = portsOfWorker(testInfo.parallelIndex);
    const provider = `http://127.0.0.1:${ports.provider}`;
    const { OIDC_ISSUER, CLIENT_AUTH, ...settings } = documented(played.title, provider);
    const stop = await startApp({ ...ownMock(ports), MOCK_PROVIDER_PROFILE: played.profile, ...settings });
    await use({ origin: `http://localhost:${ports.app}`, provider });
    await stop();
  },
  // The server outlives the pages, which would complain that it is gone.
  baseURL: ({ server }, use) => use(server.origin),
  user: ({ request, server }, use) => use(new User(request, server.provider)),
});

for (const played of providers) {
  test.describe(played.title, () => {
    test.use({ played });

    test('a person signs in, chats, is refreshed, reloads and signs out', async ({
      asleep, page, user, server, signIn, untilTokenExpires, chat, login, wire,
    }) => {
      // T43, T47, T72, T77
      await user.set({ roles: ['Chat Users', 'cn=Other,ou=groups'], access_token_ttl: 4 });
      await signIn();
      await untilTokenExpires();
      await user.set({ access_token_ttl: 300 });
      await chat.ask('Still there?');
      await chat.answered('Still there?');
      expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
      expect(wire.calls('POST', '/api/refresh')).toHaveLength(1);

      await page.reload();
      await chat.answered('Still there?');
      expect(wire.calls('POST', '/api/refresh')).toHaveLength(2);
      expect(wire.calls('GET', '/api/authorize'), 'the first sign-in only').toHaveLength(1);

      const signedOut = signedOutPage(page);
      switch (played.signsOut) {
        case 'there and back':
          await chat.signOut.click();
          await signedOut.everywhere();
          break;
        case 'at a page of its own':
          await page.route(`${server.provider}/logoff`, (route) => route.fulfill({ body: 'Signed off' }));
          await chat.signOut.click();
          await expect(page).toHaveURL(`${server.provider}/logoff`);
          await page.goto('/signed-out');
          await signedOut.here();
          break;
        case 'here only':
          await chat.signOut.click();
          await signedOut.here();
      }
      await page.goto('/chat');
      await login.isOpen();
    });

    test('a person without the role reads that they may not chat', async ({ user, signIn, chat, page }) => {
      // T70
      mayLog(statusError(403));
      test.skip(played.profile === 'google', 'there are no roles');
      await user.set({ roles: ['Chat Users Emeritus'] });
      await signIn();
      await chat.ask('May I?');
      await expect(page.getByText('not allowed to use')).toBeVisible();
    });
  });
}

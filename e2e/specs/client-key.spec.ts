// The certified provider with a client that has a key in place of a secret (private_key_jwt, RFC 7523), whose
// authorization requests must be pushed (RFC 9126); and what that provider sends over the back channel. More about that
// provider's FAPI 2.0 profile is in fapi.spec.ts.

import { holdKey, judged } from '../fixtures/browser-key';
import { app, client, provider } from '../fixtures/servers';
import { expect, mayLog, statusError, test } from '../fixtures/test';
import { certifiedLoginPage } from '../pages/login';
import { signedOutPage } from '../pages/signed-out';

// A page whose session or token has ended may have a request under way, which is then refused.
test.beforeEach(() => mayLog(statusError(401)));

/** From the moment that a session has ended to the moment that its pages show it. */
const soon = { timeout: 2_000 };

test.describe('a client with a key', { tag: '@certified' }, () => {
  test.use({ identityProvider: 'certifiedByKey', baseURL: app.certifiedByKey.origin });

  test('a person signs in, chats, is refreshed and signs out', async ({
    asleep, page, user, signIn, untilTokenExpires, chat, login, wire,
  }) => {
    // T02, T60, T62, T63
    await user.set({ access_token_ttl: 4 });
    const sent = page.waitForRequest((request) => request.url().startsWith(`${provider.certifiedByKey.origin}/auth?`));
    await signIn();
    const parameters = new URL((await sent).url()).searchParams;
    expect([...parameters.keys()].sort(), 'all the rest was pushed').toEqual(['client_id', 'request_uri']);
    expect(parameters.get('client_id')).toBe(client.clientId);

    await untilTokenExpires();
    await user.set({ access_token_ttl: 300 });
    await chat.ask('Still there?');
    await chat.answered('Still there?');
    expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
    expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
    expect(wire.calls('POST', '/api/refresh')).toHaveLength(1);

    const leaving = page.waitForRequest(/\/session\/end\?/);
    await chat.signOut.click();
    expect(new URL((await leaving).url()).searchParams.get('id_token_hint')).toBeTruthy();
    await login.confirmSignOut();
    await signedOutPage(page).everywhere();
  });
});

for (const name of ['certified', 'certifiedByKey'] as const) {
  test.describe(`back-channel logout, ${name}`, { tag: '@certified' }, () => {
    test.use({ identityProvider: name, baseURL: app[name].origin });

    test('a sign-out at the provider itself ends the open tab', async ({ context, page, signIn, chat, login, wire }) => {
      // T80, T81, T83, T84, T87: what a provider that is not ours sends is taken.
      await signIn();
      await chat.ask('Hello');
      await chat.answered('Hello');
      const { access_token } = await wire.current();
      expect(await judged(page, access_token)).toBe('taken');
      await holdKey(page);

      const elsewhere = await context.newPage();
      await certifiedLoginPage(elsewhere).signOutThere(provider[name].origin);
      await expect(chat.message).toBeHidden(soon);
      await login.isOpen();

      await elsewhere.goto(`${app[name].origin}/signed-out`);
      expect(await judged(elsewhere, access_token, { ofHeldKey: true }), 'the token died with the session').toBe('invalid_token');
    });
  });
}

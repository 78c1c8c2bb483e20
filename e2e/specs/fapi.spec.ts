// `OIDC_PROFILE=fapi2` at the certified provider with its FAPI 2.0 profile on. What a provider must not do is tested against the
// mock, in `tests/it/fapi.rs`.

import { execFile } from 'node:child_process';

import { app, executable, fapi, provider } from '../fixtures/servers';
import { expect, mayLog, statusError, test } from '../fixtures/test';

test.beforeEach(() => mayLog(statusError(401)));

test.describe('FAPI 2.0', { tag: '@certified' }, () => {
  test.use({ identityProvider: 'certifiedByKey', baseURL: app.certifiedByKey.origin });

  test('a person signs in by a pushed request and a response that names its issuer', async ({ page, signIn, chat, user }) => {
    // T16, T60, T62, T67: `fapi2-security-profile-final-client-test-happy-path`
    const asked = page.waitForRequest((request) => request.url().startsWith(`${provider.certifiedByKey.origin}/auth?`));
    const answered = page.waitForRequest((request) => request.url().startsWith(`${app.certifiedByKey.origin}/auth/callback?`));
    await signIn();
    expect([...new URL((await asked).url()).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(new URL((await answered).url()).searchParams.get('iss')).toBe(provider.certifiedByKey.origin);
    await chat.ask('Hello');
    await chat.answered('Hello');
    expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  });

  test('refresh tokens rotate, each with a proof of the same key', async ({
    asleep, user, signIn, untilTokenExpires, chat,
  }) => {
    // T43, T67: `fapi2-security-profile-final-client-test-refresh-token-test`
    await user.set({ access_token_ttl: 4 });
    await signIn();
    for (const question of ['Still there?', 'And now?']) {
      await untilTokenExpires();
      await chat.ask(question);
      await chat.answered(question);
    }
    const refreshes = await user.tokenCalls('refresh_token');
    expect(refreshes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(refreshes)).toEqual(new Set(['ok']));
  });

  test('the doctor finds each requirement at the provider', async () => {
    // T21, T60, T62, T67
    const { code, lines } = await doctor();
    const ofProfile = lines.filter((line) => line.slice(10).startsWith('FAPI 2.0'));
    expect(ofProfile.length).toBeGreaterThanOrEqual(10);
    const grades = (of: string[]) => [...new Set(of.map((line) => line.split(' ')[0]))].sort();
    const onLoopback = ofProfile.filter((line) => line.includes('TLS (§5.2.1)'));
    expect(grades(onLoopback)).toEqual(['missing']);
    expect(grades(ofProfile.filter((line) => !onLoopback.includes(line))), lines.join('\n')).toEqual(['proven', 'unproven']);
    expect(ofProfile.find((line) => line.includes('only pushed requests'))).toMatch(/^proven/);
    expect(code, lines.join('\n')).toBe(0);
  });
});

/** `oracle-ai doctor` with the settings of the app. */
function doctor(): Promise<{ code: number | undefined; lines: string[] }> {
  return new Promise((done) => {
    const child = execFile(executable, ['doctor'], { env: { ...process.env, ...fapi } }, (_, stdout) => {
      done({ code: child.exitCode ?? undefined, lines: stdout.trim().split('\n') });
    });
  });
}

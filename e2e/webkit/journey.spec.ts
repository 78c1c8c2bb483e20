// What a person does in a day, in WebKitGTK.

import { Key } from 'selenium-webdriver';

import { expect, test } from './test';

test('a person signs in, asks, and comes back signed in after a reload', async ({ server, user, signIn }) => {
  const window = await signIn();
  expect(await window.url()).toBe(`${server.origin}/chat`);
  await window.ask('Which wait events matter?');
  await window.answered('Which wait events matter?');

  await window.reload();
  await window.chatIsOpen();
  await window.answered('Which wait events matter?');
  await window.ask('Do you know me?');
  await window.answered('Do you know me?');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

for (const { how, stop } of [
  { how: 'the button', stop: 'Stop' },
  { how: 'Escape', stop: undefined },
]) {
  test(`an answer appears while it is written, and ${how} stops it`, async ({ signIn }) => {
    const window = await signIn();
    await window.ask('/slow tell me everything');
    await window.shows('word 2,');
    if (stop) await window.press(stop);
    else await window.pressKey(Key.ESCAPE);
    await window.shows('Stopped');
    await window.ask('And now?');
    await window.answered('And now?');
  });
}

test('a reload in the middle of an answer loses nothing of it', async ({ signIn }) => {
  const window = await signIn();
  await window.ask('/slow tell me everything');
  await window.shows('word 2,');
  await window.reload();
  await window.chatIsOpen();
  await window.shows('word 12,');
  expect(await window.textOfLast('article.assistant')).toMatch(/word 1,\s+word 2,\s+word 3,/);
});

test('a second window is signed in by the first, without a refresh', async ({ server, user, signIn }) => {
  const window = await signIn();
  const other = await window.another();
  await other.open(`${server.origin}/chat`);
  await other.chatIsOpen();
  await other.ask('Do you know me here?');
  await other.answered('Do you know me here?');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  expect(await user.tokenCalls('refresh_token')).toEqual([]);
});

test('a message after the access token has expired is answered, with one refresh', async ({ user, signIn, advanceClock }) => {
  const window = await signIn();
  await window.ask('first');
  await window.answered('first');
  await advanceClock(6 * 60);
  await window.ask('second');
  await window.answered('second');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
  expect(await user.tokenCalls('refresh_token')).toEqual(['ok']);
});

test('a session that has ended leads to one sign-in, and nothing that was typed is lost', async ({
  user, signIn, advanceClock,
}) => {
  const window = await signIn();
  await window.type('Are you there?');
  await user.revoke();
  await advanceClock(6 * 60);
  await window.type(Key.ENTER);
  await window.signInAs(user.name);
  await window.chatIsOpen();
  // Sent, or still to be sent: the page may have noticed the end before the message was sent.
  await expect.poll(async () => [await window.textOfLast('article.you'), await window.typed()].join()).toContain('Are you there?');
  expect(await user.tokenCalls('refresh_token')).toEqual(['invalid_grant']);
});

test('signing out reaches the other window', async ({ server, signIn }) => {
  const window = await signIn();
  const other = await window.another();
  await other.open(`${server.origin}/chat`);
  await other.chatIsOpen();
  await window.signOut();
  await window.shows('over, here and at the sign-in service');
  await other.shows('You are signed out');
  expect(await other.url()).toBe(`${server.origin}/signed-out`);
  // Nobody is signed in again on the way.
  await other.open(`${server.origin}/chat`);
  await other.shows('Mock identity provider');
});

test('where WebKit has no IndexedDB, the page says so, and begins no login', async ({ server, start }) => {
  const window = await start({ features: '-IndexedDBAPI' });
  await window.open(`${server.origin}/chat`);
  await window.shows('This browser keeps nothing for this page');
  await window.press('Try again');
  await window.shows('This browser keeps nothing for this page');
  expect(await window.url()).toBe(`${server.origin}/chat`);
});

test('where WebKit has no WebAssembly, as in Lockdown Mode, the page says so', async ({ server, start }) => {
  // T98
  const window = await start({ env: { JSC_useWasm: '0' } });
  await window.open(`${server.origin}/chat`);
  await window.shows('This browser does not run WebAssembly');
  await window.shows('Lockdown Mode');
});

test('without Web Locks, two windows share a session all the same', async ({ server, user, start }) => {
  const window = await start({ features: '-WebLocksAPI' });
  await window.open(`${server.origin}/chat`);
  await window.signInAs(user.name);
  await window.chatIsOpen();
  await window.reload();
  await window.chatIsOpen();
  const other = await window.another();
  await other.open(`${server.origin}/chat`);
  await other.chatIsOpen();
  await other.ask('And here?');
  await other.answered('And here?');
  expect(await user.tokenCalls('authorization_code')).toEqual(['ok']);
});

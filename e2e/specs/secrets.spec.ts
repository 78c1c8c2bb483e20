import type { Response } from '@playwright/test';

import { openBlank } from '../fixtures/blank';
import { everythingKept } from '../fixtures/kept';
import { expect, test } from '../fixtures/test';
import { chatPage } from '../pages/chat';
import { signedOutPage } from '../pages/signed-out';

test('the app sets no cookie and is sent none', { tag: ['@every-provider', '@engines'] }, async ({
  page, context, baseURL, signIn, chat, login,
}) => {
  const answers: Response[] = [];
  page.on('response', (response) => response.url().startsWith(baseURL!) && answers.push(response));
  await signIn();
  await chat.ask('Hello');
  await chat.answered('Hello');
  await chat.signOut.click();
  await login.confirmSignOut();
  await signedOutPage(page).everywhere();

  expect(answers.length).toBeGreaterThan(5);
  for (const answer of answers) {
    expect(await answer.headerValue('set-cookie'), answer.url()).toBeNull();
    expect(await answer.request().headerValue('cookie'), answer.url()).toBeNull();
  }
  expect(await context.cookies(baseURL)).toEqual([]);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('no token is found in storage, address, document or log', { tag: ['@every-provider', '@engines'] }, async ({
  asleep, page, user, signIn, untilTokenExpires, chat, wire,
}) => {
  const log: string[] = [];
  page.on('console', (message) => log.push(message.text()));
  await user.set({ access_token_ttl: 4 });
  await signIn();
  const onFirstSight = await everythingKept(page);
  await untilTokenExpires();
  await user.set({ access_token_ttl: 300 });
  await chat.ask('Hello');
  await chat.answered('Hello');

  const places: Record<string, string> = {
    ...prefixed('before', onFirstSight),
    ...prefixed('after', await everythingKept(page)),
    addresses: wire.requests.map((request) => request.url()).join('\n'),
    log: log.join('\n'),
  };
  const { tokens, sessions } = await wire.secrets();
  expect(tokens).toHaveLength(2);
  expect(sessions).toHaveLength(1);
  for (const [place, content] of Object.entries(places)) {
    for (const token of tokens) expect(content.includes(token), `a token in ${place}`).toBe(false);
    // The session's id rests beside the browser key, without which it is worth nothing, and nowhere else.
    expect(content.includes(sessions[0]), `the session in ${place}`).toBe(place.startsWith('databases'));
  }
  // T68: the key pair is kept as two handles that have nothing in them.
  const revision = JSON.stringify({ session: sessions[0], revision: 1 });
  expect(JSON.parse(places['databases after'])).toEqual([[{ privateKey: {}, publicKey: {} }, sessions[0], revision]]);
});

test('a token that one tab had from another is in no storage of either', async ({
  page, context, signIn, wire,
}) => {
  // T49
  await signIn();
  const other = await context.newPage();
  await other.goto('/chat');
  await chatPage(other).isOpen();
  await chatPage(other).ask('Hello');
  await chatPage(other).answered('Hello');

  const { access_token } = await wire.current();
  for (const tab of [page, other]) {
    for (const [place, content] of Object.entries(await everythingKept(tab))) {
      expect(content.includes(access_token), `the token in ${place}`).toBe(false);
    }
  }
});

test('the search of the tests above finds what is there', async ({ page }) => {
  // The app has its own ideas of address and history.
  await openBlank(page);
  await page.evaluate(async () => {
    localStorage.setItem('a', 'kept-locally');
    sessionStorage.setItem('a', 'kept-for-the-tab');
    window.name = 'kept-in-the-name';
    history.replaceState({ a: 'kept-in-history' }, '', '#kept-in-the-address');
    document.body.setAttribute('data-a', 'kept-in-the-document');
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open('a');
      opening.onupgradeneeded = () => opening.result.createObjectStore('a').put({ a: 'kept-in-a-database' }, 1);
      opening.onsuccess = () => resolve();
    });
  });
  const found = Object.values(await everythingKept(page)).join('\n').match(/kept-[a-z-]+/g);
  expect(new Set(found)).toEqual(
    new Set([
      'kept-locally', 'kept-for-the-tab', 'kept-in-the-name', 'kept-in-history', 'kept-in-the-address',
      'kept-in-the-document', 'kept-in-a-database',
    ]),
  );
});

const prefixed = (prefix: string, places: Record<string, string>) =>
  Object.fromEntries(Object.entries(places).map(([place, content]) => [`${place} ${prefix}`, content]));

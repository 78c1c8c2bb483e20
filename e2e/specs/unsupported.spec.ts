// What a person reads where the app can't work: each cause has its own words. Here, a stand-in breaks what is missing; the
// switches that engines have for it are tried in firefox.spec.ts, and in ../webkit.

import { expectAccessible } from '../fixtures/axe';
import { openBlank } from '../fixtures/blank';
import { expect, mayLog, test } from '../fixtures/test';

const noWebAssembly = 'This browser does not run WebAssembly';

test('a browser without WebAssembly shows what is missing, and what to do in Lockdown Mode, in both languages', { tag: '@engines' }, async ({
  page, wire,
}) => {
  // T98
  await page.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
  // Of the app's script, which is loaded all the same.
  mayLog('uncaught: ');
  await page.goto('/chat');
  const english = page.getByRole('alert');
  await expect(english.getByRole('heading', { level: 1, name: noWebAssembly })).toBeVisible();
  await expect(english).toContainText('in Lockdown Mode, switch that off for this site');
  const french = page.locator('[lang=fr]');
  await expect(french.getByRole('heading', { name: 'Ce navigateur n’exécute pas WebAssembly' })).toBeVisible();
  await expect(french).toContainText('en mode Isolement, désactivez-le pour ce site');
  await expectAccessible(page, 'no WebAssembly');
  expect(wire.calls('GET', '/api/authorize'), 'no login was begun').toHaveLength(0);
});

test('a browser whose WebAssembly lacks what the app was compiled to shows the same', { tag: '@engines' }, async ({
  page,
}) => {
  // T98
  mayLog('uncaught: ');
  await page.addInitScript(() => {
    WebAssembly.instantiateStreaming = () => Promise.reject(new WebAssembly.CompileError('unknown opcode'));
  });
  await page.goto('/chat');
  await expect(page.getByRole('heading', { level: 1, name: noWebAssembly })).toBeVisible();
});

const keepsNothing = ['This browser keeps nothing for this page', 'Ce navigateur ne garde rien pour cette page'];
const tooOld = ['This browser is too old', 'Ce navigateur est trop ancien'];

for (const { lacks, headings, breakIt } of [
  {
    lacks: 'IndexedDB',
    headings: keepsNothing,
    breakIt: () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
  },
  {
    lacks: 'the permission to open IndexedDB',
    headings: keepsNothing,
    breakIt: () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
    },
  },
  {
    lacks: 'room in IndexedDB',
    headings: keepsNothing,
    breakIt: () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('There is no room left.', 'QuotaExceededError');
      };
    },
  },
  {
    lacks: 'a storage that takes a CryptoKey',
    headings: [
      "This browser can't store the key for your session", 'Ce navigateur ne peut pas garder la clé de votre session',
    ],
    breakIt: () => {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the store as `this`
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (value: { privateKey?: unknown }, key) {
        if (value.privateKey instanceof CryptoKey) {
          throw new DOMException('A CryptoKey could not be cloned.', 'DataCloneError');
        }
        return put.call(this, value, key);
      };
    },
  },
  {
    lacks: 'WebCrypto',
    headings: tooOld,
    breakIt: () => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined }),
  },
  {
    lacks: 'P-256',
    headings: tooOld,
    breakIt: () => {
      // Firefox has none in the blank document that comes first.
      if (!('SubtleCrypto' in window)) return;
      SubtleCrypto.prototype.generateKey = (): Promise<never> =>
        Promise.reject(new DOMException('Unrecognized namedCurve', 'NotSupportedError'));
    },
  },
  {
    lacks: 'a secure context',
    headings: ['This page needs a secure address', 'Cette page exige une adresse sécurisée'],
    breakIt: () => Object.defineProperty(window, 'isSecureContext', { value: false }),
  },
]) {
  for (const [language, locale] of ['en-GB', 'fr-FR'].entries()) {
    test.describe(locale, { tag: '@engines' }, () => {
      test.use({ locale });

      test(`a browser without ${lacks} shows so`, async ({ page, wire, callback }) => {
        // T98
        const heading = page.getByRole('heading', { level: 1, name: headings[language], exact: true });
        await page.addInitScript(breakIt);
        await page.goto('/');
        await expect(heading).toBeVisible();
        await callback.tryAgain.click();
        await expect(heading).toBeVisible();
        expect(wire.calls('GET', '/api/authorize'), 'no login was begun').toHaveLength(0);
      });
    });
  }
}

for (const [what, silence] of [
  ['is never opened', () => (IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest)],
  ['is opened, and never read', () => (IDBObjectStore.prototype.get = () => new EventTarget() as IDBRequest)],
] as const) {
  test(`where IndexedDB ${what}, the page says so within seconds`, { tag: '@engines' }, async ({ page, callback }) => {
    const explanation = page.getByRole('heading', { name: "This browser's storage does not answer" });
    await page.addInitScript(silence);
    await page.goto('/');
    await expect(explanation).toBeVisible();
    await callback.tryAgain.click();
    await expect(explanation).toHaveCount(0);
    await expect(explanation).toBeVisible();
    await page.goto('/auth/callback?code=c&state=s');
    await expect(explanation).toBeVisible();
  });
}

test('where another page blocks IndexedDB, the page says so, and signs in once it is free', { tag: '@engines' }, async ({
  context, page, login, callback,
}) => {
  const blocking = await context.newPage();
  await openBlank(blocking);
  await blocking.evaluate(() => new Promise<void>((blocked) => {
    indexedDB.open('oracle-ai', 1).onsuccess = () => {
      indexedDB.deleteDatabase('oracle-ai').onblocked = () => blocked();
    };
  }));
  await page.bringToFront();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: "This browser's storage does not answer" })).toBeVisible();
  await blocking.close();
  await callback.tryAgain.click();
  await login.isOpen();
});

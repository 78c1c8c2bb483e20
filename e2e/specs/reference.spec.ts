// What a person quotes who reports a failure: the name that the failed request has in the server's log.

import { expectAccessible } from '../fixtures/axe';
import { expect, mayLog, statusError, test } from '../fixtures/test';

const refused = (kind: string, status: number) =>
  ({ status, json: { code: status, message: 'of no interest', data: { kind, retry_after: 7 } }, headers: { 'x-request-id': 'r-42' } });

for (const { locale, says } of [{ locale: 'en-GB', says: 'Reference: ' }, { locale: 'fr-FR', says: 'Référence\u00a0: ' }]) {
  test.describe(locale, () => {
    test.use({ locale });

    test('a sign-in that did not work names the request that failed', async ({ page, user, login }) => {
      mayLog(statusError(401));
      // T104
      await user.set({ token_faults: [{ kind: 'wrong_nonce' }] });
      await page.goto('/');
      const exchange = page.waitForResponse('**/api/token');
      await login.signInAs(user.name);
      const id = await (await exchange).headerValue('x-request-id');
      expect(id).toMatch(/^[0-9a-f]{16}$/);
      await expect(page.getByRole('alert')).toContainText(`${says}${id}`);
      await expectAccessible(page, 'with a reference');
    });

    test('so does a message that was not answered', async ({ page, signIn, chat }) => {
      mayLog(statusError(500));
      await signIn();
      await page.route('**/api/chat', (route) => route.fulfill(refused('internal', 500)), { times: 1 });
      await chat.ask('Hello');
      await expect(chat.failure).toContainText(`${says}r-42`);
      await expectAccessible(page, 'with a reference');
    });
  });
}

test('what the person can mend, or is over in a moment, has nothing to be reported by', async ({ page, signIn, chat }) => {
  mayLog(statusError(429));
  await signIn();
  await page.route('**/api/chat', (route) => route.fulfill(refused('too_many_requests', 429)), { times: 1 });
  await chat.ask('Hello');
  await expect(chat.failure).toContainText('That was a lot at once');
  await expect(page.getByText('r-42')).toHaveCount(0);
});

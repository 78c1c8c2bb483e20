// The examples of README.md, which quotes each of them as it is here.

import { besideModel, expect, mayLog, statusError, test } from '../fixtures/test';
import { sessionWarning } from '../pages/session-warning';
import { signedOutPage } from '../pages/signed-out';

test.describe('groups', () => {
  test.use({ appSettings: { ROLES_CLAIM: 'groups', REQUIRED_ROLE: 'Chat Users' } });

  test('a person whose groups are an object is refused until they are a list', async ({ page, user, signIn, chat }) => {
    mayLog(statusError(403));
    await user.set({ claims: { groups: { 'Chat Users': true } } });
    await signIn();
    await chat.ask('May I?');
    await expect(chat.failure).toContainText('Your account is not allowed to use the chat');
    await user.set({ claims: { groups: ['Others', 'Chat Users'] } });
    await page.goto('/chat');
    await chat.ask('May I now?');
    await chat.answered('May I now?');
  });
});

test.describe('inactivity', () => {
  test.use({ appSettings: { SESSION_IDLE_TIMEOUT: '28800' } });

  test('a person who leaves for eight hours is signed out', async ({ page, signIn, clock }) => {
    mayLog(statusError(401));
    await signIn();
    await clock.advance({ hours: 7, minutes: 59 });
    await expect(sessionWarning(page).dialog).toBeVisible();
    await clock.advance({ minutes: 1 });
    await signedOutPage(page).because('inactivity');
  });
});

test.describe('a model that stalls', () => {
  test.use(besideModel);

  test('a question survives a model that stalls', async ({ user, model, signIn, chat }) => {
    const question = `Why does ${user.name} wait?`;
    await model.plays(question, 'stall');
    await signIn();
    await chat.ask(question);
    await expect(chat.failure).toContainText('The model took too long');
    await chat.retry.click();
    await chat.answered(`You wrote: “${question}”`);
  });
});

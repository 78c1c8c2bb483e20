import { test } from '../fixtures/test';

test('the development build comes up, and a person signs in and chats', async ({ signIn, chat }) => {
  await signIn();
  await chat.ask('What are latches?');
  await chat.answered('What are latches?');
});

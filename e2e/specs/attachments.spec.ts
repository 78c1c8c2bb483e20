// Files that are attached to a message: from the button, a drop or a paste to the model, the transcript and the export.

import { expectAccessible } from '../fixtures/axe';
import { besideModel, expect, test } from '../fixtures/test';
import { awrReport, filesOf } from '../pages/files';
import { signedOutPage } from '../pages/signed-out';

const log = { name: 'alert.log', mimeType: '', text: 'ORA-00600: internal error\nline two\n' };
const binary = { name: 'chart.png', mimeType: 'image/png', text: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]) };

test.describe('beside a model', () => {
  test.use(besideModel);

  test('a file that is chosen goes to the model with its question, and is there after a reload', async ({
    page, user, model, signIn, chat,
  }) => {
    const files = filesOf(page);
    await signIn();
    await files.choose(log);
    await expect(files.attached).toContainText('alert.log');
    await expect(files.attached).toContainText('35 characters');
    await expect(files.status).toContainText('All of it fits');
    const question = `What broke for ${user.name}?`;
    await chat.ask(question);
    await chat.answered('ORA-00600');
    await expect(files.attached).toHaveCount(0);
    const [{ body }] = await model.questions(question);
    expect(body.messages.at(-1)!.content).toBe(
      'Attached file 1 of 1: alert.log (text/plain, 35 characters):\n'
        + `\`\`\`\nORA-00600: internal error\nline two\n\`\`\`\n\n${question}`);
    await page.reload();
    const file = files.ofQuestion(chat.questions.last());
    await expect(file).toHaveCount(1);
    const startOf = (part: string) => file.locator(part).evaluate((element) => element.getBoundingClientRect().left);
    expect(await startOf('.name'), 'name and size begin at one line').toBe(await startOf('.size'));
    await files.open(file);
    await expect(files.text).toHaveText('ORA-00600: internal error\nline two\n');
    await files.close();
    await expect(files.dialog).toHaveCount(0);
  });

  test('a report of 300 KB: what would be left out is said before, and the chosen sections are sent', async ({
    page, user, model, signIn, chat,
  }) => {
    const files = filesOf(page);
    const question = `Which event does ${user.name} wait for?`;
    await model.plays(question, 'tokens', { number: 3 });
    await signIn();
    await files.choose({ name: 'awr_41223.html', mimeType: 'text/html', text: awrReport(300_000) });
    await expect(files.status).toContainText('The model can’t be sent all of it');
    await expect(files.attached).toContainText(/\d{2},\d{3} of \d{3},\d{3} characters are sent/);
    await files.attached.getByRole('button', { name: 'Sections of “awr_41223.html”' }).click();
    const section = files.dialog.getByRole('checkbox');
    await files.dialog.getByRole('button', { name: 'Choose none' }).click();
    await expect(files.dialog.getByRole('button', { name: 'Send what is chosen' })).toBeDisabled();
    await section.nth(1).check();
    await expect(files.dialog.getByRole('status')).toContainText(/Chosen: [\d,]+ characters. The model can be sent 59,700/);
    await expectAccessible(page, 'sections of a file');
    await files.dialog.getByRole('button', { name: 'Send what is chosen' }).click();
    await expect(files.status).toContainText('All of it fits');
    await chat.ask(question);
    await expect(chat.answers.last()).toContainText('1 2 3');
    await expect(chat.answers.last()).toContainText(/the model was sent [\d,]+ of [\d,]+ characters/);
    const sent = (await model.questions(question))[0].body.messages.at(-1)!.content;
    expect(sent).toContain('### Load Profile');
    expect(sent).toMatch(/\| Event \| Waits +\| % DB time \|\n\|---\|---\|---\|\n\| Load Profile event 0 \|/);
    expect(sent).toMatch(/\[… \d+ characters are left out here …\]/);
    expect(sent).not.toContain('SQL ordered by Elapsed Time event');
    expect(sent).not.toContain('alert(1)');
    expect(sent.length).toBeLessThan(60_000);
    // What was left out is kept, and later questions get the report, too.
    await chat.ask('And the second?');
    await expect(chat.answers).toHaveCount(2);
    const later = (await model.questions(question)).at(-1)!.body.messages;
    expect(later[0].content).toContain('Load Profile event 0');
    await files.open(files.ofQuestion(chat.questions.first()).first());
    await expect(files.text).toContainText('WORKLOAD REPOSITORY report for DB ORCL');
  });

  test('an edited question keeps its files, and an answer that is asked for again is about them', async ({
    page, user, model, signIn, chat,
  }) => {
    const files = filesOf(page);
    await signIn();
    await files.choose(log);
    await chat.ask(`First of ${user.name}`);
    await chat.answered('First of');
    await chat.edit(chat.questions.last());
    await expect(files.attached).toContainText('alert.log');
    await files.open(files.attached.first());
    await expect(files.text).toContainText('ORA-00600');
    await files.close();
    await chat.ask(`Second of ${user.name}`);
    await chat.answered('Second of');
    await chat.answers.last().getByRole('button', { name: 'Retry' }).click();
    await expect.poll(async () => (await model.questions(`Second of ${user.name}`)).length).toBe(2);
    await chat.answered('Second of');
    for (const { body } of await model.questions(`Second of ${user.name}`)) {
      expect(body.messages.at(-1)!.content).toContain('ORA-00600: internal error');
    }
    await expect(files.ofQuestion(chat.questions.last())).toContainText('alert.log');
  });
});

test('dropped files are attached, what is no text is refused, and the page stays', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await files.drop(chat.conversation, log, binary, { name: 'empty.txt', mimeType: 'text/plain', text: '' });
  await expect(files.attached).toHaveCount(1);
  await expect(files.refusal).toContainText('“chart.png” is not attached: it is no text.');
  await expect(files.refusal).toContainText('“empty.txt” is not attached: there is no text in it.');
  await expectAccessible(page, 'a file that was refused');
  await files.refusal.getByRole('button', { name: 'Close' }).click();
  await expect(files.refusal).toHaveCount(0);
  await files.attached.getByRole('button', { name: 'Remove “alert.log”' }).click();
  await expect(files.attached).toHaveCount(0);
  await expect(chat.message).toBeFocused();
});

test('a long paste becomes a file, which can be renamed; a short one stays text', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  expect(await files.paste(chat.message, { 'text/plain': 'x'.repeat(4_000) }), 'left to the browser').toBe(true);
  expect(await files.paste(chat.message, { 'text/plain': 'line\n'.repeat(1_000) })).toBe(false);
  await expect(files.attached).toContainText('pasted-1.txt');
  await expect(chat.message).toHaveValue('');
  await files.open(files.attached.first());
  await expect(files.text).toContainText('line');
  await files.dialog.getByRole('textbox', { name: 'Name' }).fill('trace.trc');
  await expectAccessible(page, 'the text of a file');
  await files.close();
  await expect(files.attached).toContainText('trace.trc');
  const rows = '<tr><td>a</td><td>1</td></tr>'.repeat(600);
  const table = { 'text/plain': 'a\t1\n'.repeat(1_200), 'text/html': `<table>${rows}</table>` };
  expect(await files.paste(chat.message, table)).toBe(false);
  await files.open(files.attached.last());
  await expect(files.text).toContainText('| a | 1 |');
});

test('files of the message that is being written survive a reload, and not a sign-out', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await files.choose(log);
  await expect(files.attached).toHaveCount(1);
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.files'))).toBeTruthy();
  expect(await page.evaluate(() => sessionStorage.getItem('oracle-ai.files'))).not.toContain('ORA-00600');
  await page.reload();
  await expect(files.attached).toContainText('alert.log');
  await chat.signOut.click();
  await signedOutPage(page).everywhere();
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.files'))).toBe(null);
});

test('a megabyte that is attached is stored once, and not again with each key', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await files.choose({ name: 'big.log', mimeType: 'text/plain', text: 'a line of the log\n'.repeat(55_000) });
  await expect(files.attached).toContainText('990,000 characters');
  const stored = () => page.evaluate(() => sessionStorage.getItem('oracle-ai.files') ?? '');
  await expect.poll(async () => (await stored()).length).toBeGreaterThan(1_000_000);
  // Encrypted anew, it would be another text.
  const once = await stored();
  await chat.message.pressSequentially('Why is this so slow today?');
  await expect(chat.message).toHaveValue('Why is this so slow today?');
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('oracle-ai.draft')), 'the draft is').not.toBeNull();
  expect(await stored() === once, 'the file is not').toBe(true);
});

test('a long question is folded, and what stands in columns is in a fixed pitch', async ({ page, signIn, chat }) => {
  await signIn();
  const plan = '| Id | Operation         | Name |\n|----|-------------------|------|\n|  0 | SELECT STATEMENT  |      |';
  await chat.message.fill(`Why?\n${plan}\n${'more\n'.repeat(20)}the end`);
  await chat.send.click();
  const question = chat.questions.last();
  await expect(question.getByRole('group', { name: 'Text in columns' })).toHaveCSS('white-space', 'pre');
  await expect(chat.bodyOf(question)).not.toContainText('the end');
  const fold = question.getByRole('button', { name: 'Show all 25 lines' });
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await fold.press('Enter');
  await expect(chat.bodyOf(question)).toContainText('the end');
  await expectAccessible(page, 'a long question');
  await question.getByRole('button', { name: 'Show less' }).press('Enter');
  await expect(chat.bodyOf(question)).not.toContainText('the end');
});

test('everything can be done by keyboard', async ({ page, signIn, chat }) => {
  const files = filesOf(page);
  await signIn();
  await files.choose(log);
  await files.attached.getByRole('button', { name: 'Show “alert.log”' }).press('Enter');
  await expect(files.dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(files.dialog).toHaveCount(0);
  await page.keyboard.press('Tab');
  await expect(files.attached.getByRole('button', { name: 'Sections of “alert.log”' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(files.attached.getByRole('button', { name: 'Remove “alert.log”' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(chat.message).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(files.attach).toBeFocused();
});

test.describe('with small bounds', () => {
  test.use({ appSettings: { CHAT_ATTACHMENTS: '2', CHAT_ATTACHMENT_CHARS: '1000', CHAT_MESSAGE_ATTACHMENT_CHARS: '1500' } });

  test('each bound is named with what exceeds it', async ({ page, signIn }) => {
    const files = filesOf(page);
    const text = (name: string, chars: number) => ({ name, mimeType: 'text/plain', text: 'x'.repeat(chars) });
    await signIn();
    await files.choose(text('a.txt', 1_500));
    await expect(files.refusal).toContainText(
      '“a.txt” is not attached: 500 of its 1,500 characters are too many; a file may have at most 1,000.');
    await files.choose(text('b.txt', 900), text('c.txt', 700));
    await expect(files.refusal).toContainText(
      '“c.txt” is not attached: 100 of 1,600 characters would be too many; the files of a message may have at most 1,500 together.');
    await files.choose(text('d.txt', 1), text('e.txt', 1));
    await expect(files.refusal).toContainText('“e.txt” is not attached: a message may have at most 2 files.');
    await expect(files.attached).toHaveCount(2);
  });
});

test.describe('where the operator allows no files', () => {
  test.use({ appSettings: { CHAT_ATTACHMENTS: '0' } });

  test('there is no button, and a long paste is text', async ({ page, signIn, chat }) => {
    const files = filesOf(page);
    await signIn();
    await expect(files.attach).toHaveCount(0);
    expect(await files.paste(chat.message, { 'text/plain': 'x'.repeat(5_000) })).toBe(true);
  });
});

test.describe('in French, on a phone, in the dark', () => {
  test.use({ locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 390, height: 844 } });

  test('files are attached, shown and exported', async ({ page, signIn, chat, words }) => {
    const files = filesOf(page, words);
    await signIn();
    await files.choose({ ...log, name: 'un-nom-de-fichier-tout-a-fait-trop-long-pour-un-telephone.log' });
    await expect(files.attached).toContainText('35 caractères');
    await expect(files.status).toContainText('Tout sera envoyé');
    await expectAccessible(page, 'a file, in French on a phone');
    await chat.askByButton('Pourquoi ?');
    await chat.answered('Pourquoi ?');
    await expectAccessible(page, 'a question with a file');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

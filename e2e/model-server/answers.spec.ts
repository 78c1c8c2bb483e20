// A report of 300 KB, and what goes wrong with a model server, with llama.cpp's own. `long` reads all of it and answers by rote;
// `short` does the same with a context of 2,048 tokens, and `smollm2` has real words.

import { settingsFile } from '../fixtures/settings-file';
import { startStandIn } from '../fixtures/stand-in';
import { expect, mayLog, statusError, test as base } from '../fixtures/test';
import { filesOf } from '../pages/files';
import { awrHtml, awrText, lastLine } from './awr';
import { baseUrl, ModelServer, ports, type ModelName } from './server';

const CHARS = 300_000;
const reports = {
  text: { name: 'awr_41223.txt', mimeType: 'text/plain', text: awrText(CHARS) },
  html: { name: 'awr_41223.html', mimeType: 'text/html', text: awrHtml(CHARS) },
};
const KEY = 'the-right-key';
/** Reading the report takes seconds on an idle machine. */
const reads = { timeout: 10 * 60_000 };

const model = (id: string, name: string, at: keyof typeof ports, more = {}) =>
  ({ id, name, base_url: baseUrl(at), ...more });

interface Fixtures {
  long: ModelServer;
  short: ModelServer;
  /** Wants the right key. */
  guarded: ModelServer;
  choose: (name: string) => Promise<void>;
  /** A picture in the report. */
  see: (what: string) => Promise<void>;
}

const served = (name: ModelName, key?: string) => async ({}, use: (server: ModelServer) => Promise<void>) => {
  const server = await ModelServer.start(name, { key });
  await use(server);
  await server.stop();
};

const test = base.extend<Fixtures>({
  appSettings: {
    CHAT_BASE_URL: baseUrl('long'),
    CHAT_FIRST_TOKEN_TIMEOUT: '900',
    CHAT_IDLE_TIMEOUT: '300',
    CHAT_HISTORY_CHARS: '400000',
    CHAT_MODELS_FILE: settingsFile('models.json', [
      model('long', 'Long', 'long'),
      model('short', 'Short', 'short', { max_tokens: 100 }),
      model('mock', 'Mock', 'mock'),
      model('wrong', 'Wrong key', 'smollm2', { api_key_file: settingsFile('wrong.key', 'the-wrong-key') }),
      model('right', 'Right key', 'smollm2', { api_key_file: settingsFile('right.key', KEY), max_tokens: 20 }),
      model('unknown', 'Unknown', 'long', { model: 'nobody-has-this-one' }),
    ]),
  },
  long: served('long'),
  short: served('short'),
  guarded: served('smollm2', KEY),
  choose: ({ page }, use) =>
    use(async (name) => {
      await page.getByRole('button', { name: /^Model: / }).last().click();
      await page.getByRole('menuitemradio', { name, exact: true }).click();
    }),
  see: ({ page }, use, testInfo) =>
    use(async (what) => {
      const path = testInfo.outputPath(`${what.replaceAll(' ', '-')}.png`);
      await page.screenshot({ path });
      await testInfo.attach(what, { path, contentType: 'image/png' });
    }),
});

// The nonce of proofs may end while the model reads: the server then asks for the next one.
test.beforeEach(() => mayLog(statusError(401)));

const measured = (what: string, ms: number) => console.log(`measured: ${what}: ${Math.round(ms)} ms`);

for (const [kind, report] of Object.entries(reports)) {
  test(`all of a report of 300 KB is read (${kind})`, async ({ page, long, signIn, chat, see }) => {
    const files = filesOf(page);
    await signIn();
    await files.choose(report);
    await expect(files.status).toContainText(/All of it fits: \d+ %/);
    await see('attached');
    const sentAt = Date.now();
    await chat.ask('Which event does it wait for?');
    await expect(chat.answers.last()).toContainText(/Reading your question… [1-9]/);
    await see('reading');
    await expect.poll(() => long.isBusy()).toBe(true);
    await expect(chat.answers.last()).toContainText('I have read all that you sent', reads);
    measured(`first words about the report as ${kind}`, Date.now() - sentAt);
    await see('first words');
    await expect(chat.announcements).toContainText('The answer is complete.', reads);
    await chat.details(chat.answers.last()).click();
    await expect(chat.answers.last()).toContainText(/first word after \d+\.\d s/);
    await expect(chat.answers.last()).toContainText(/tokens: \d{2,3},\d{3} read, \d{3} written/);
    await see('details');
    const [prompt] = long.prompts();
    expect(prompt).toContain(`Attached file 1 of 1: ${report.name} (${report.mimeType}, `);
    expect(prompt).toContain('WORKLOAD REPOSITORY report for DB ORCL');
    expect(prompt).toContain(lastLine);
    expect(prompt).toContain('Which event does it wait for?');
    expect(prompt).not.toContain('left out');
    if (kind === 'text') expect(prompt).toContain(report.text.trimEnd());
  });
}

test('what the app adds before the model reads (mock)', async ({ page, request, signIn, chat, choose }) => {
  const mock = await startStandIn('mock-model', ['--address', `127.0.0.1:${ports.mock}`]);
  const files = filesOf(page);
  await signIn();
  await choose('Mock');
  for (const [kind, report] of Object.entries(reports)) {
    const question = `How long for ${kind}?`;
    await request.post(`${new URL(mock.urls[0]).origin}/__control/scenario`, { data: { when: question, name: 'tokens', number: 3 } });
    await files.choose(report);
    await expect(files.status).toContainText('All of it fits');
    const answer = chat.answers.filter({ hasText: '1 2 3' });
    const before = await answer.count();
    const sentAt = Date.now();
    await chat.ask(question);
    await expect(answer).toHaveCount(before + 1);
    measured(`first words of a model that reads nothing, ${kind}`, Date.now() - sentAt);
    await expect(chat.send).toBeVisible();
    await page.goto('/chat');
    await choose('Mock');
  }
  await mock.stop();
});

test('the model stops reading and writing with the person’s stop, and reads another question', async ({
  page, long, signIn, chat, see,
}) => {
  const files = filesOf(page);
  await signIn();
  await files.choose(reports.text);
  await chat.ask('Which event?');
  await expect.poll(() => long.isBusy()).toBe(true);
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped by you.');
  await expect.poll(() => long.isBusy(), { message: 'while it reads', timeout: 60_000 }).toBe(false);
  await see('stopped while reading');
  await chat.ask('And now?');
  await expect(chat.answers.last()).toContainText('I have read', reads);
  await chat.stop.click();
  await expect(chat.answers.last()).toContainText('Stopped by you.');
  await expect.poll(() => long.isBusy(), { message: 'while it writes', timeout: 60_000 }).toBe(false);
  await see('stopped while writing');
  expect(await chat.textOf(chat.answers.last())).toMatch(/^I have read/);
});

test('a reload while the model reads, and one while it writes, lose nothing', async ({ page, long, signIn, chat, see }) => {
  const files = filesOf(page);
  await signIn();
  await files.choose(reports.text);
  await chat.ask('Which event?');
  await expect.poll(() => long.isBusy()).toBe(true);
  await page.reload();
  await expect(chat.answers.last()).toContainText('Reading your question…');
  await see('reloaded while reading');
  await expect(chat.answers.last()).toContainText('I have read', reads);
  await page.reload();
  await expect(chat.answers.last()).toContainText('I have read');
  await see('reloaded while writing');
  await expect(chat.send).toBeVisible(reads);
  await expect(chat.answers.last()).toContainText('temperature', reads);
  expect(long.prompts(), 'asked once').toHaveLength(1);
});

test('of a conversation beyond the context, the oldest exchange is left out, and never the question', async ({
  page, short, signIn, chat, choose, see,
}) => {
  const question = (n: number) => `Question ${n}. ${'What is an index good for? '.repeat(110)}`;
  await signIn();
  await choose('Short');
  for (const n of [1, 2, 3]) {
    await chat.ask(question(n));
    await expect(chat.answers).toHaveCount(n);
    await expect(chat.send).toBeVisible(reads);
    await expect(chat.failure).toHaveCount(0);
  }
  const prompt = short.prompts().at(-1)!;
  expect(prompt).not.toContain('Question 1.');
  expect(prompt).toContain('Question 3.');
  await see('oldest left out');
  await expect(chat.conversation).toContainText('Earlier messages are no longer sent to the model');
  await page.reload();
  await expect(chat.answers).toHaveCount(3);
  await see('oldest left out after a reload');
});

test('a report beyond the context says so, and the question is kept', async ({ page, short, signIn, chat, choose, see }) => {
  const files = filesOf(page);
  await signIn();
  await choose('Short');
  await files.choose(reports.text);
  await see('too long attached');
  await chat.ask('Which event?');
  await expect(chat.failure).toContainText('too long for the model', reads);
  await see('too long');
  expect(await short.isBusy()).toBe(false);
  await expect(chat.questions.last()).toContainText('Which event?');
});

test('an answer whose model server is killed ends, keeps its text, and is asked for again', async ({
  long, signIn, chat, see,
}) => {
  await signIn();
  await chat.ask('Will you live?');
  await expect(chat.answers.last()).toContainText('I have read', reads);
  await long.kill();
  await expect(chat.failure).toContainText("The model can't be reached");
  await expect(chat.answers.last()).toContainText('I have read');
  await see('killed');
  await chat.retry.click();
  await expect(chat.stop).toBeHidden(reads);
  await expect(chat.failure, 'not started yet').toContainText("The model can't be reached");
  await see('still away');
  await long.start();
  await chat.retry.click();
  await expect(chat.answers.last()).toContainText('temperature', reads);
  await expect(chat.failure).toHaveCount(0);
  await expect(chat.questions).toHaveCount(1);
  await see('back');
});

test('a wrong key is the administrator’s matter, and a name that llama.cpp does not know is none', async ({
  long, guarded, signIn, chat, choose, see,
}) => {
  await signIn();
  await choose('Wrong key');
  await chat.ask('May I?');
  await expect(chat.failure).toContainText('The model did not let us in');
  await see('wrong key');
  await choose('Right key');
  await chat.ask('And now?');
  await expect(chat.announcements).toContainText(/greatest length|is complete/, reads);
  await expect(chat.answers.last()).toContainText('Model: Right key');
  await expect(chat.answers.last().getByRole('alert')).toHaveCount(0);
  await see('right key');
  expect(guarded.prompts(), 'of the one who may').toHaveLength(1);
  // A server of one model answers to every name.
  await choose('Unknown');
  await chat.ask('Who are you?');
  await expect(chat.answers.last()).toContainText('I have read', reads);
  expect(long.prompts()).toHaveLength(1);
});

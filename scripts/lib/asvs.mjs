// Which requirements of OWASP ASVS 5.0 are met, by which tests: `node asvs.mjs` prints docs/asvs.md.
//
// The verdicts are a person's, in docs/asvs-status.md. This fails where one is missing, where a requirement is called met
// or partly met without a test, and where a test is named that does not exist.
import { readFileSync } from 'node:fs';

import { allTests, testsNamedIn } from './named_tests.mjs';

const STATUS = 'docs/asvs-status.md';
const VERDICTS = ['met', 'partly', 'not', 'not applicable'];
const TESTED = ['met', 'partly'];

const CHAPTERS = { 3: 'Web Frontend Security', 7: 'Session Management', 9: 'Self-contained Tokens', 10: 'OAuth and OIDC' };
/** How many requirements each section of ASVS 5.0.0 has. */
const SECTIONS = {
  3.1: 1, 3.2: 3, 3.3: 5, 3.4: 8, 3.5: 8, 3.6: 1, 3.7: 5,
  7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2,
  9.1: 3, 9.2: 4,
  10.1: 2, 10.2: 3, 10.3: 5, 10.4: 16, 10.5: 5, 10.6: 2, 10.7: 3,
};

const expected = Object.keys(SECTIONS).sort(bySection)
  .flatMap((section) => Array.from({ length: SECTIONS[section] }, (_, at) => `${section}.${at + 1}`));
const rows = requirements();
const faults = [];
const fault = (text) => faults.push(`${STATUS}: ${text}`);

const tests = allTests();
for (const { id, level, verdict, reason, by } of rows) {
  if (!expected.includes(id)) fault(`${id} is no requirement of these chapters`);
  if (!['1', '2', '3'].includes(level)) fault(`${id}: "${level}" is no level`);
  if (!VERDICTS.includes(verdict)) fault(`${id}: "${verdict}" is none of ${VERDICTS.join(', ')}`);
  if (!reason) fault(`${id} has no reason`);
  if (TESTED.includes(verdict) && by.length === 0) fault(`${id} is ${verdict} without a test`);
  for (const test of by) if (!tests.has(test)) fault(`${id}: there is no test \`${test}\``);
}
for (const id of expected) {
  const found = rows.filter((row) => row.id === id).length;
  if (found !== 1) fault(`${id} is there ${found} times`);
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}

console.log(`# OWASP ASVS 5.0

Which requirements of [OWASP ASVS 5.0.0](https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en) are met, in the chapters about what
this application is: sessions, tokens, OAuth and OpenID Connect, and the web frontend. All levels, as 2 and 3 include those below.
The verdicts are a person's, from [asvs-status.md](asvs-status.md), which says what each means. \`scripts/docs\` writes this page,
and a step of \`scripts/test\` fails where a named test does not exist. The requirements are in our own words; the text of ASVS
(CC BY-SA 4.0, OWASP Foundation) counts.

${summary()}

## Not met, or partly
`);
for (const { id, level, words, verdict, reason } of rows) {
  if (['partly', 'not'].includes(verdict)) console.log(`- **${id}** (level ${level}) ${words}\n  - *${verdict}*: ${reason}`);
}
for (const [chapter, title] of Object.entries(CHAPTERS)) {
  console.log(`\n## V${chapter} ${title}`);
  for (const { level, id, words, verdict, reason, by } of rows.filter((row) => row.id.split('.')[0] === chapter)) {
    console.log(`\n**${id}** (level ${level}) ${words}\n\n*${verdict}*: ${reason}`);
    if (by.length > 0) console.log(`\n${by.map((test) => `- ${test}`).join('\n')}`);
  }
}

function summary() {
  const count = (level, verdict) => rows.filter((row) => row.level === level && row.verdict === verdict).length;
  const lines = ['1', '2', '3'].map((level) => `| ${level} | ${VERDICTS.map((verdict) => count(level, verdict)).join(' | ')} |`);
  return [`| level | ${VERDICTS.join(' | ')} |`, `|---|${VERDICTS.map(() => '---').join('|')}|`, ...lines].join('\n');
}

function requirements() {
  const lines = readFileSync(STATUS, 'utf8').split('\n').filter((line) => /^\| \d+\.\d+\.\d+ \|/.test(line));
  return lines.map((line) => {
    const [id, level, words, verdict, reason, named] = line.slice(1, -1).split('|').map((cell) => cell.trim());
    return { id, level, words, verdict, reason, by: testsNamedIn(named ?? '') };
  });
}

function bySection(one, other) {
  const [[a, b], [c, d]] = [one, other].map((section) => section.split('.').map(Number));
  return a - c || b - d;
}

// Which assertions of docs/assertions.md hold, and which tests are about them: `node evidence.mjs` prints
// docs/evidence.md.
//
// Whether an assertion holds is a person's verdict, in docs/evidence-status.md. A mark (`T76`) in the comment of a test
// only means that the test is about it. Where verdicts and marks contradict each other, this fails.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MARK = /\bT\d{2,3}\b/g;

const VERDICTS = ['held', 'in part', 'not held'];
const STATUS = 'docs/evidence-status.md';

const assertions = rows('docs/assertions.md').map(([id, words, source]) => ({ id, words, source }));
const known = new Set(assertions.map(({ id }) => id));
const tests = marksOfTests();
const status = new Map();
const faults = [];
const fault = (text) => faults.push(text);

for (const [id, verdict, reason] of rows(STATUS)) {
  if (!known.has(id)) fault(`${STATUS}: ${id} is no assertion of docs/assertions.md`);
  if (status.has(id)) fault(`${STATUS}: ${id} is there twice`);
  if (!VERDICTS.includes(verdict)) fault(`${STATUS}: ${id}: "${verdict}" is none of ${VERDICTS.join(', ')}`);
  if (verdict !== 'held' && !reason) fault(`${STATUS}: ${id} is ${verdict} without a reason`);
  status.set(id, { verdict, reason });
}
for (const id of tests.keys()) {
  if (!known.has(id)) fault(`${tests.get(id)[0]}: ${id} is no assertion of docs/assertions.md`);
}
for (const { id } of assertions) {
  const { verdict } = status.get(id) ?? {};
  const isTested = tests.has(id);
  if (!verdict) fault(`${STATUS}: ${id} has no verdict`);
  else if (verdict === 'not held' && isTested) fault(`${id} is not held, but marked in ${tests.get(id)[0]}`);
  else if (verdict !== 'not held' && !isTested) fault(`${id} is ${verdict}, but no test is marked with it`);
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}

const count = (wanted) => [...status.values()].filter(({ verdict }) => verdict === wanted).length;
console.log(`# Evidence

Which assertions of [assertions.md](assertions.md) hold, and by which tests. The verdicts are a person's, from
[evidence-status.md](evidence-status.md); the tests are those whose comments name the assertion. \`scripts/docs\` writes
this page, and a step of \`scripts/test\` fails where verdicts and tests do not fit.

Of ${assertions.length} assertions ${count('held')} are held, ${count('in part')} in part, and ${count('not held')} are not.

## Not held, or in part
`);
for (const { id, words } of assertions) {
  const { verdict, reason } = status.get(id);
  if (verdict !== 'held') console.log(`- **${id}** ${words}\n  - *${verdict}*: ${reason}`);
}
console.log('\n## The tests of each');
for (const { id, words, source } of assertions) {
  const { verdict, reason } = status.get(id);
  console.log(`\n**${id}** ${words} (${source})\n\n*${verdict}*${reason ? `: ${reason}` : ''}`);
  const found = tests.get(id) ?? [];
  if (found.length > 0) console.log(`\n${found.map((test) => `- ${test}`).join('\n')}`);
}

/** The cells of the rows of a table that begin with an assertion. */
function rows(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => /^\| T\d{2,3} \|/.test(line));
  return lines.map((line) => line.replace(/^\|/, '').replace(/\|$/, '').split(/ \| ?/).map((cell) => cell.trim()));
}

/** By assertion. */
function marksOfTests() {
  const found = new Map();
  for (const file of ['src', 'tests', 'e2e/specs', 'e2e/webkit', 'e2e/keycloak', 'e2e/providers'].flatMap(filesBelow)) {
    for (const { id, name } of marks(file, readFileSync(file, 'utf8').split('\n'))) {
      const test = `${file}${name ? `: ${name}` : ''}`;
      const those = found.get(id) ?? [];
      if (!those.includes(test)) found.set(id, [...those, test]);
    }
  }
  return found;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((path) => join(folder, path))
    .filter((path) => /\.(rs|ts|mjs)$/.test(path))
    .sort();
}

/** The marks of a file's tests, with the tests' names. Marks in other code explain it, and prove nothing. */
function* marks(file, lines) {
  const rust = file.endsWith('.rs');
  const isTest = !rust || file.startsWith('tests/') || /\/tests(\/|\.rs)/.test(file);
  const begin = isTest ? 0 : lines.findIndex((line) => line.includes('#[cfg(test)]'));
  if (begin < 0) return;
  for (let at = begin; at < lines.length; at++) {
    const comment = lines[at].match(/\/\/.*$/)?.[0];
    for (const [id] of comment?.matchAll(MARK) ?? []) {
      yield { id, name: rust ? rustTest(lines, at) : browserTest(lines, at) };
    }
  }
}

/** The next function, if only comments and attributes are between, or the enclosing one. */
function rustTest(lines, at) {
  const next = lines.slice(at + 1).find((line) => !/^\s*(\/\/|#\[)/.test(line)) ?? '';
  const around = lines.slice(0, at).reverse().find((line) => /\bfn \w+/.test(line)) ?? '';
  const name = next.match(/\bfn (\w+)/) ?? around.match(/\bfn (\w+)/);
  return name?.[1].replaceAll('_', ' ');
}

function browserTest(lines, at) {
  const around = lines.slice(0, at + 1).reverse().find((line) => /\btest(\.describe)?\(/.test(line));
  return around?.match(/\(\s*['"`](.*?)['"`]/)?.[1];
}

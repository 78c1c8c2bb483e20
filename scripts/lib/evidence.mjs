// Which tests hold which assertion of docs/assertions.md: `node evidence.mjs` prints docs/evidence.md, made from the
// marks (`T76`) in the comments of tests.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MARK = /\bT\d{2,3}\b/g;

const assertions = readFileSync('docs/assertions.md', 'utf8')
  .split('\n')
  .map((line) => line.match(/^\| (T\d{2,3}) \| (.*) \| (.*) \|$/))
  .filter(Boolean)
  .map(([, id, words, source]) => ({ id, words, source }));

const tests = new Map(assertions.map(({ id }) => [id, []]));
for (const file of [...filesBelow('src'), ...filesBelow('tests'), ...filesBelow('e2e/specs'), ...filesBelow('e2e/providers')]) {
  for (const { id, name } of marks(file, readFileSync(file, 'utf8').split('\n'))) {
    const found = tests.get(id);
    if (!found) throw new Error(`${file}: ${id} is no assertion of docs/assertions.md`);
    const test = `${file}${name ? `: ${name}` : ''}`;
    if (!found.includes(test)) found.push(test);
  }
}

const without = assertions.filter(({ id }) => tests.get(id).length === 0);
console.log(`# Evidence

Which tests hold which assertion. Made by \`scripts/docs\` from the marks in the tests; sources are explained in
[assertions.md](assertions.md). ${assertions.length - without.length} of ${assertions.length} assertions have a test.

## Without a test
`);
for (const { id, words } of without) console.log(`- **${id}** ${words}`);
console.log('\n## With tests');
for (const { id, words, source } of assertions.filter(({ id }) => tests.get(id).length > 0)) {
  console.log(`\n**${id}** ${words} (${source})\n`);
  for (const test of tests.get(id)) console.log(`- ${test}`);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((path) => join(folder, path))
    .filter((path) => /\.(rs|ts|mjs)$/.test(path))
    .sort();
}

/** The marks of a file's tests, with the names of those. Marks in other code say why it is there, and prove nothing. */
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

/** The function that comes next where only comments and attributes are between, or the one around. */
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

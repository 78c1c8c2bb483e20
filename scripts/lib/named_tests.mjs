// The tests of this repository, by file and name, and where documents name them.
//
// A document names a test as `tests/it/refresh.rs: a new refresh token replaces the old one`, in backticks: its file, and
// its name as a sentence. As a program, this checks that each test that is named so exists:
//
//   node named_tests.mjs <document...>
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDERS = ['src', 'tests', 'e2e/specs', 'e2e/providers'];
const NAMED = new RegExp(`\`((?:${FOLDERS.join('|')})/[^\`\n]*\\.(?:rs|ts|mjs): [^\`]+)\``, 'g');

/** All files that may have tests. */
export function testFiles() {
  return FOLDERS.flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    .filter((path) => /\.(rs|ts|mjs)$/.test(path))
    .sort();
}

/** Every test, as `file: name`. */
export function allTests() {
  return new Set(testFiles().flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const names = file.endsWith('.rs') ? rustTests(text) : browserTests(text);
    return names.map((name) => `${file}: ${name}`);
  }));
}

/** The tests that a document names, as `file: name`. */
export function testsNamedIn(text) {
  return [...text.matchAll(NAMED)].map(([, test]) => test.replaceAll(/\s+/g, ' '));
}

/** A function below an attribute such as `#[test]` or `#[tokio::test]`. */
function rustTests(text) {
  const found = text.matchAll(/^ *#\[(?:\w+::)?test\b[^\n]*\n(?: *(?:#\[|\/\/)[^\n]*\n)* *(?:async )?fn (\w+)/gm);
  return [...found].map(([, name]) => name.replaceAll('_', ' '));
}

function browserTests(text) {
  const found = text.matchAll(/\btest(?:\.describe)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g);
  return [...found].map(([, , name]) => name);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tests = allTests();
  const documents = process.argv.slice(2);
  const faults = documents.flatMap((document) => testsNamedIn(readFileSync(document, 'utf8'))
    .filter((test) => !tests.has(test))
    .map((test) => `${document}: there is no test \`${test}\``));
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    process.exitCode = 1;
  }
}

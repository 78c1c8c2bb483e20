// Prints a Playwright JSON report: each test that failed, why, and what the API answered it; then the counts, in the one
// line that `count_tests` reads.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const LINES_OF_AN_ERROR = 14;

const { errors, stats, suites } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { message } of errors) console.log(message);
for (const { file, title, tests } of suites.flatMap(specsIn)) {
  for (const { projectName, results } of tests.filter(({ status }) => status === 'unexpected')) {
    console.log(`\n${projectName}, ${file}: ${title}`);
    results.forEach(printFailure);
  }
}
console.log(`${stats.expected + stats.flaky} passed, ${stats.unexpected} failed, ${stats.skipped} skipped`);

function specsIn({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsIn)];
}

function printFailure({ errors, attachments }) {
  for (const { message = '' } of errors) {
    const lines = stripVTControlCharacters(message).split('\n').filter((line) => line.trim());
    console.log(indented(lines.slice(0, LINES_OF_AN_ERROR)));
  }
  for (const { name, contentType, body } of attachments) {
    if (contentType !== 'text/plain' || !body) continue;
    console.log(`  ${name}:\n${indented(Buffer.from(body, 'base64').toString('utf8').split('\n'))}`);
  }
}

function indented(lines) {
  return lines.map((line) => `    ${line}`).join('\n');
}

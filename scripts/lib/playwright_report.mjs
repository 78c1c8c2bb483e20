// Prints a Playwright JSON report: each test that failed, why, and what the API answered it; each that was not run, and why; the
// slowest tests; then the counts, in the one line that `count_tests` reads.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const LINES_OF_AN_ERROR = 14;
const SLOWEST = 10;

const { errors, stats, suites } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { message } of errors) console.log(message);
const tests = suites.flatMap(specsIn).flatMap(testsOf);
// A test that passed when it was run once more has failed.
const failed = tests.filter(({ status }) => ['unexpected', 'flaky'].includes(status));
for (const { name, status, results } of failed) {
  console.log(`\n${name}${status === 'flaky' ? ' (passed when it was run once more)' : ''}`);
  results.forEach(printFailure);
}
for (const { name, reason } of tests.filter(({ status }) => status === 'skipped')) {
  console.log(`not run: ${name}: ${reason || 'no reason given'}`);
}
const timed = tests.filter(({ seconds }) => seconds > 0).sort((a, b) => b.seconds - a.seconds);
for (const { name, seconds } of timed.slice(0, SLOWEST)) {
  console.log(`slowest: ${seconds.toFixed(1).padStart(5)} s  ${name}`);
}
// Once more, at the end: what is above may be long.
for (const { name } of failed) console.log(`failed: ${name}`);
console.log(`${stats.expected} passed, ${stats.unexpected + stats.flaky} failed, ${stats.skipped} skipped`);

function specsIn({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsIn)];
}

function testsOf({ file, title, tests }) {
  return tests.map(({ projectName, status, results, annotations }) => ({
    name: `${projectName}, ${file}: ${title}`,
    status,
    reason: annotations.find(({ type }) => type === 'skip')?.description,
    results,
    seconds: results.reduce((sum, { duration }) => sum + duration, 0) / 1000,
  }));
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

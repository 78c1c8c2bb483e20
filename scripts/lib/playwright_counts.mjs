// Tells a Playwright JSON report in the one line that `count_tests` reads.
import { readFileSync } from 'node:fs';

const { errors, stats } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { message } of errors) console.log(message);
console.log(`${stats.expected + stats.flaky} passed, ${stats.unexpected} failed, ${stats.skipped} skipped`);

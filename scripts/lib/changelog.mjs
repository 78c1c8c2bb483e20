// The changelog of a release: what is unreleased becomes a version, with its date.
//
//   node changelog.mjs <version> <date>      writes CHANGELOG.md, and prints the version's notes
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const UNRELEASED = '\n## Unreleased\n';

/** The changelog with this version in it, and the version's notes. */
export function released(text, version, date) {
  const [before, after] = text.split(UNRELEASED);
  if (after === undefined) throw new Error('CHANGELOG.md has no section "Unreleased"');
  if (text.includes(`\n## ${version} (`)) throw new Error(`CHANGELOG.md: ${version} is there already`);
  const next = after.indexOf('\n## ');
  const notes = (next < 0 ? after : after.slice(0, next)).trim();
  if (notes === '') throw new Error('CHANGELOG.md: nothing is unreleased');
  const older = next < 0 ? '' : after.slice(next);
  return { text: `${before}${UNRELEASED}\n## ${version} (${date})\n\n${notes}\n${older}`, notes: `${notes}\n` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, notes } = released(readFileSync('CHANGELOG.md', 'utf8'), process.argv[2], process.argv[3]);
  writeFileSync('CHANGELOG.md', text);
  process.stdout.write(notes);
}

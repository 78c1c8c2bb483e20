// Checks that each relative link in Markdown documents leads to a file, and its fragment to a heading there.
//
//   node links.mjs <document...>
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LINK = /\]\(([^)\s]+)\)/g;

const faults = process.argv.slice(2).flatMap((document) => linksOf(document).filter((link) => !leads(document, link))
  .map((link) => `${document}: ${link}`));
if (faults.length > 0) {
  console.error(['Links that lead nowhere:', ...faults].join('\n'));
  process.exitCode = 1;
}

function linksOf(document) {
  const text = withoutBlocks(document).replaceAll(/`[^`]*`/g, '');
  return [...text.matchAll(LINK)].map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link));
}

function leads(document, link) {
  const [file, fragment] = link.split('#');
  const target = file === '' ? document : path.join(path.dirname(document), file);
  return existsSync(target) && (fragment === undefined || fragmentsOf(target).has(fragment));
}

/** As GitHub makes them of headings. */
function fragmentsOf(document) {
  const headings = [...withoutBlocks(document).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  const names = headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
  return new Set(names.map((name, at) => {
    const before = names.slice(0, at).filter((earlier) => earlier === name).length;
    return before === 0 ? name : `${name}-${before}`;
  }));
}

/** The text without blocks of code. */
function withoutBlocks(document) {
  return readFileSync(document, 'utf8').replaceAll(/^( *)```.*?^\1```/gms, '');
}

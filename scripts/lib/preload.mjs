// Has the release's page ask for its WebAssembly at once, beside the script that will want it: left alone, the browser
// learns of the larger file only when the smaller has come and run.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
const template = path.join(folder, 'index.html');
const assets = readdirSync(path.join(folder, 'assets'));

const only = (pattern) => {
  const found = assets.filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`one file should fit ${pattern}, not ${found.length}: ${found}`);
  return `/assets/${found[0]}`;
};

const script = only(/^oracle-ai-dxh[0-9a-f]+\.js$/);
const wasm = only(/^oracle-ai_bg-dxh[0-9a-f]+\.wasm$/);
// `crossorigin`, as a module and what it fetches are asked for: with another mode, the file would come twice.
const links = [
  `<link rel="modulepreload" href="${script}" />`,
  `<link rel="preload" as="fetch" type="application/wasm" href="${wasm}" crossorigin />`,
];
// The builder's own hint for the script gives way: it is not the kind for modules.
const html = readFileSync(template, 'utf8').replace(/<link rel="preload" as="script"[^>]*>/, '');
if (!html.includes('</head>') || !html.includes(path.basename(script))) throw new Error(`${template} is not the page`);
writeFileSync(template, html.replace('</head>', `${links.join('')}</head>`));

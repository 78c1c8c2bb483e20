// Has the release's page ask for its WebAssembly at once, beside the script that will want it: left alone, the browser
// learns of the larger file only when the smaller has come and run.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { pageFiles } from './page_files.mjs';

const folder = process.argv[2];
const template = path.join(folder, 'index.html');
const { script, wasm } = pageFiles(folder);
// `crossorigin`, as a module and what it fetches are asked for: with another mode, the file would come twice.
const links = [
  `<link rel="modulepreload" href="/assets/${script}" />`,
  `<link rel="preload" as="fetch" type="application/wasm" href="/assets/${wasm}" crossorigin />`,
];
// The builder's own hint for the script gives way: it is not the kind for modules.
const html = readFileSync(template, 'utf8').replace(/<link rel="preload" as="script"[^>]*>/, '');
if (!html.includes('</head>') || !html.includes(script)) throw new Error(`${template} is not the page`);
writeFileSync(template, html.replace('</head>', `${links.join('')}</head>`));

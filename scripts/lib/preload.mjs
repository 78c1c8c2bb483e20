// Lets the release's page preload its WebAssembly beside its script. Without that, the browser learns of the larger file
// only after the smaller one has been loaded and run.
//
//   node preload.mjs <folder of the page>
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
const assets = readdirSync(path.join(folder, 'assets'));
const script = theOne(/^oracle-ai-dxh[0-9a-f]+\.js$/);
const wasm = theOne(/^oracle-ai_bg-dxh[0-9a-f]+\.wasm$/);

// `crossorigin`, as modules and what they fetch are requested with CORS: in another mode, the file would be loaded twice.
const links = [
  `<link rel="modulepreload" href="/assets/${script}" />`,
  `<link rel="preload" as="fetch" type="application/wasm" href="/assets/${wasm}" crossorigin />`,
];
const template = path.join(folder, 'index.html');
// dx's own hint is not the kind for a module: the script would be loaded twice.
const html = readFileSync(template, 'utf8').replace(/<link rel="preload" as="script"[^>]*>/, '');
if (!html.includes('</head>') || !html.includes(script)) throw new Error(`${template} is not the page`);
writeFileSync(template, html.replace('</head>', `${links.join('')}</head>`));

/** The name of the one file that fits; dx puts a hash of the content into it. */
function theOne(pattern) {
  const found = assets.filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`one file should match ${pattern}, not ${found.length}: ${found}`);
  return found[0];
}

// Writes compressed copies beside the files of a folder, for the server to send, and prints how large the download is.
//
//   node compress.mjs <folder> [the most bytes that WebAssembly, JavaScript and CSS may have together in brotli]
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const [folder, most] = process.argv.slice(2);
const compressible = /\.(wasm|js|css|svg|json|txt|webmanifest)$/;

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

const sizes = {};
for (const name of readdirSync(folder, { recursive: true }).sort()) {
  const file = path.join(folder, name);
  if (!statSync(file).isFile() || !compressible.test(name)) continue;
  const bytes = readFileSync(file);
  const small = brotli(bytes);
  writeFileSync(`${file}.br`, small);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  const kind = path.extname(name).slice(1);
  sizes[kind] = (sizes[kind] ?? 0) + small.length;
}

const kb = (bytes) => `${Math.round(bytes / 1000)} KB`;
const { wasm = 0, js = 0, css = 0 } = sizes;
const page = wasm + js + css;
console.log(`in brotli: wasm ${kb(wasm)}, with JS and CSS ${kb(page)}`);
if (page > Number(most)) {
  console.error(`WebAssembly, JavaScript and CSS have ${page} bytes, and may have ${most}: see docs/performance.md`);
  process.exitCode = 1;
}

// Lays compressed copies beside a folder's files, for the server to send, and tells how large the download is.
//
//   node compress.mjs <folder> [the most bytes that all WebAssembly may have in brotli]
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
const total = (sizes.wasm ?? 0) + (sizes.js ?? 0) + (sizes.css ?? 0);
console.log(`in brotli: wasm ${kb(sizes.wasm ?? 0)}, with JS and CSS ${kb(total)}`);
if (sizes.wasm > Number(most)) {
  console.error(`the WebAssembly has ${sizes.wasm} bytes, and may have ${most}: docs/performance.md says where they go`);
  process.exitCode = 1;
}

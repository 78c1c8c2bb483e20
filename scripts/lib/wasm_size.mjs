// Tells how large a download the browser's half is.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const wasm = readFileSync(process.argv[2]);
const brotli = brotliCompressSync(wasm, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
const kib = ({ length }) => `${Math.round(length / 1024)} KiB`;
console.log(`${kib(wasm)}, ${kib(brotli)} in brotli`);

// Optimizes the release's WebAssembly, which the builder leaves as it is (Dioxus.toml), and makes it smaller than that.
// docs/performance.md has what each step is worth.
//
//   node slim.mjs <folder of the page> <index.js of binaryen>
//
// A panic in the release has nobody to tell: there is no hook, and what the standard library prints goes to an error
// output that a browser does not have. So functions that panic only stop, as they did, and what would have been said
// is cut out: the text, what formats it, and the places in sources. `Debug`, which is for developers, prints nothing.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { pageFiles } from './page_files.mjs';
import { importNames, withImportNames, withoutPlaces } from './wasm_sections.mjs';

const [folder, library] = process.argv.slice(2);
const { default: binaryen } = await import(pathToFileURL(library));

/** A function's path as compilers write it, in the newer form or the older: `core::option::unwrap_failed` begins so. */
const named = (...path) => {
  const parts = path.map((part) => `${part.length}${part}`).join('');
  return new RegExp(`^_(ZN|RI?(Nv)+(Nt)*Cs[0-9A-Za-z]+_)${parts}`);
};

/** Functions of the standard library that never return. */
const PANICS = [
  named('core', 'panicking'),
  named('core', 'option', 'unwrap_failed'),
  named('core', 'option', 'expect_failed'),
  named('core', 'result', 'unwrap_failed'),
  named('core', 'cell', 'panic_already_borrowed'),
  named('core', 'cell', 'panic_already_mutably_borrowed'),
  named('core', 'str', 'slice_error_fail'),
  named('core', 'slice', 'index', 'slice_index_fail'),
  named('core', 'slice', 'copy_from_slice_impl', 'len_mismatch_fail'),
  named('alloc', 'alloc', 'handle_alloc_error'),
  named('alloc', 'raw_vec', 'handle_error'),
  named('alloc', 'raw_vec', 'capacity_overflow'),
  named('std', 'panicking', 'begin_panic'),
  named('std', 'thread', 'local', 'panic_access_error'),
  /rust_begin_unwind$/,
];
const DEBUG = /core\.\.fmt\.\.Debug\$(u20\$for\$.*)?GT\$3fmt17h[0-9a-f]{16}E$|5Debug3fmt([BC]\w+)?$/;
/** Functions that write text which only developers read: `Debug` of all, and `Display` of stacks. */
const PRINTS = [
  DEBUG,
  /(9backtrace|14rustc_demangle)\w*7Display3fmt([BC]\w+)?$/,
  /(std\.\.backtrace|rustc_demangle).*core\.\.fmt\.\.Display\$GT\$3fmt17h[0-9a-f]{16}E$/,
];
/**
 * What nothing of ours calls, as `clippy.toml` forbids it: the names of all keys, which we ask the browser for; scripts
 * that are evaluated from texts, which the page's policy forbids; files, and all fields of a form at once.
 * Each is long: short functions that do the same are one before we come, under the name of any of them.
 */
const UNCALLED = [
  /HasKeyboardData.*Synthetic.*\d(key|code)17h[0-9a-f]{16}E$|HasKeyboardData\w*[34](key|code)(B\w+)?$/,
  /dioxus_web\.\.document\.\.WebDocument\$.*4eval17h[0-9a-f]{16}E$|8document11WebDocument\w*4eval(B\w+)?$/,
  /12WebEvaluator6create28_|WebEvaluator\$.*9poll_recv28_|12WebEvaluator\w*(6create|9poll_recv)\w*0(B\w+)?$/,
  /WebFileData\$.*(10read_bytes|11read_string)28_|11WebFileData\w*(10read_bytes|11read_string)\w*0(B\w+)?$/,
  /WebFormData\$.*6values17h[0-9a-f]{16}E$|11WebFormData\w*6values(B\w+)?$/,
];
/** What nobody asks the module for: streams of ours that scripts would read, and what the builder has read already. */
const UNUSED = /^(__wbg_)?intounderlying|^__(ASSETS|MANGANIS)__|^__(data_end|heap_base)$/;
/** As far as these are not found, names are written otherwise, and nothing would be cut. */
const EXPECTED = [named('core', 'panicking', 'panic_fmt'), named('core', 'option', 'unwrap_failed'), DEBUG, ...UNCALLED];

const assets = path.join(folder, 'assets');
const { script, wasm } = pageFiles(folder);

const bytes = withoutPlaces(optimized(readFileSync(path.join(assets, wasm))));
// Names that wasm-bindgen made for itself: sixteen digits are in each. An `i`, so that none begins with a digit.
const made = importNames(bytes).filter((name) => name.startsWith('__wb'));
const short = new Map();
for (const name of made) shorten(name);
const small = withImportNames(bytes, short);
const wasmName = hashed(wasm, small);
const exported = new Set(WebAssembly.Module.exports(new WebAssembly.Module(small)).map(({ name }) => name));
const js = readFileSync(path.join(assets, script), 'utf8')
  // What was cut out of the one is still offered by the other.
  .replace(/\b__wb[\w$]+/g, (name) => (exported.has(name) ? name : shorten(name)))
  .replaceAll(wasm, wasmName);
if (!js.includes(wasmName)) throw new Error(`${script} does not load ${wasm}`);
replaceFile(wasm, wasmName, small);
const scriptName = hashed(script, js);
replaceFile(script, scriptName, js);
const page = path.join(folder, 'index.html');
writeFileSync(page, readFileSync(page, 'utf8').replaceAll(wasm, wasmName).replaceAll(script, scriptName));

function optimized(bytes) {
  const module = binaryen.readBinary(bytes);
  cutOut(module);
  // As `wasm-opt -Oz`.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // Data that is not packed is larger, and compresses better.
  binaryen.addPassToSkip('memory-packing');
  module.optimize();
  module.runPasses(['flatten', 'rereloop']);
  module.optimize();
  return module.emitBinary();
}

function cutOut(module) {
  const exported = Array.from(
    { length: module.getNumExports() },
    (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)).name,
  );
  for (const name of exported.filter((name) => UNUSED.test(name))) module.removeExport(name);
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  ).filter(({ base }) => !base);
  const cut = [];
  for (const { name, params, results } of functions) {
    // A number behind it tells instances apart.
    const plain = name.replace(/\.\d+$/, '');
    const stops = [...PANICS, ...UNCALLED].some((pattern) => pattern.test(plain));
    const prints = results === binaryen.i32 && PRINTS.some((pattern) => pattern.test(plain));
    if (!stops && !prints) continue;
    cut.push(plain);
    module.removeFunction(name);
    // What writes says that all is well.
    module.addFunction(name, params, results, [], stops ? module.unreachable() : module.i32.const(0));
  }
  const missed = EXPECTED.filter((pattern) => !cut.some((name) => pattern.test(name)));
  if (missed.length > 0) throw new Error(`no function of the WebAssembly is named like ${missed.join(', ')}`);
}

function shorten(name) {
  if (!short.has(name)) short.set(name, `i${short.size.toString(36)}`);
  return short.get(name);
}

/** The name that says the new content, as what has it is kept for ever. */
function hashed(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return name.replace(/dxh[0-9a-f]+/, `dxh${hash}`);
}

function replaceFile(from, to, content) {
  renameSync(path.join(assets, from), path.join(assets, to));
  writeFileSync(path.join(assets, to), content);
}

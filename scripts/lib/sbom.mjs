// The bill of materials of a release, in CycloneDX 1.6: the crates in the server and in the page, as `cargo tree` resolves them,
// with what `cargo metadata` and Cargo.lock say of each; the code that is in no crate; and the files of a bundle.
//
//   node sbom.mjs [folder of a bundle]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The two halves, with the flags that the release is built with. */
export const parts = [
  { name: 'server', target: host(), features: ['--no-default-features', '--features', 'server'] },
  { name: 'page', target: 'wasm32-unknown-unknown', features: ['--no-default-features', '--features', 'web'] },
];

const LARGEST_OUTPUT = 256 * 1024 * 1024;

export function cargo(...args) {
  return execFileSync('cargo', args, { encoding: 'utf8', maxBuffer: LARGEST_OUTPUT, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** The document, with the files of this folder if there is one. */
export function sbom(bundle) {
  const trees = parts.map((part) => ({ name: part.name, ...tree(part) }));
  const packages = new Map(parts.flatMap(described).map((crate) => [key(crate.name, crate.version), crate]));
  const checksums = checksumsOf(readFileSync('Cargo.lock', 'utf8'));
  const [root] = trees[0].crates;
  const all = [...new Set(trees.flatMap(({ crates }) => [...crates]))].filter((crate) => crate !== root).sort();
  const version = packages.get(root).version;
  const application = {
    type: 'application',
    'bom-ref': refOf(root),
    name: 'oracle-ai',
    version,
    description: packages.get(root).description,
    licenses: [{ expression: packages.get(root).license }],
    purl: `pkg:generic/oracle-ai@${version}`,
  };
  const others = withoutCrate(packages);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { timestamp: time().toISOString().replace('.000', ''), component: application },
    components: [
      ...all.map((crate) => component(packages.get(crate), checksums.get(crate), trees)),
      ...others.map(({ component }) => component),
      ...(bundle === undefined ? [] : filesOf(bundle)),
    ],
    dependencies: [
      ...[root, ...all].map((crate) => dependencies(crate, trees, others)),
      ...others.map(({ component }) => ({ ref: component['bom-ref'] })),
    ],
  };
}

/** The crates that are compiled in, with their edges. The first is the program itself. */
function tree({ target, features }) {
  const lines = cargo('tree', '--locked', '--target', target, ...features, '--edges', 'normal', '--prefix', 'depth', '--format', ' {p}').split('\n');
  const crates = new Set();
  const edges = new Map();
  const above = [];
  for (const line of lines) {
    const found = /^(\d+) (\S+) v(\S+)/.exec(line);
    if (found === null) continue;
    const [, depth, name, version] = found;
    const crate = key(name, version);
    crates.add(crate);
    above[Number(depth)] = crate;
    if (Number(depth) > 0) {
      const from = above[Number(depth) - 1];
      edges.set(from, (edges.get(from) ?? new Set()).add(crate));
    }
  }
  return { crates, edges };
}

/** What the crates say of themselves. These are more than are compiled in: features of all uses are put together. */
function described({ target, features }) {
  return JSON.parse(cargo('metadata', '--format-version', '1', '--locked', '--filter-platform', target, ...features)).packages;
}

function component(crate, sha256, trees) {
  const used = trees.filter(({ crates }) => crates.has(key(crate.name, crate.version))).map(({ name }) => name);
  return {
    type: 'library',
    'bom-ref': refOf(key(crate.name, crate.version)),
    name: crate.name,
    version: crate.version,
    ...(crate.description === null ? {} : { description: crate.description.trim() }),
    ...(sha256 === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    // Cargo's old way to write "or".
    licenses: crate.license === null ? [] : [{ expression: crate.license.replaceAll('/', ' OR ').replaceAll('  ', ' ') }],
    purl: refOf(key(crate.name, crate.version)),
    ...(crate.repository === null ? {} : { externalReferences: [{ type: 'vcs', url: crate.repository }] }),
    properties: used.map((name) => ({ name: 'oracle-ai:part', value: name })),
  };
}

function dependencies(crate, trees, others) {
  const to = trees.flatMap(({ edges }) => [...(edges.get(crate) ?? [])]).map(refOf);
  const more = others.filter(({ of }) => of === crate.split(' ')[0]).map(({ component }) => component['bom-ref']);
  return { ref: refOf(crate), dependsOn: [...new Set([...to, ...more])].sort() };
}

/** Code of others in the release that is no crate: Rust's own library, and SQLite, which a crate brings. */
function withoutCrate(packages) {
  const rust = /^release: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))[1];
  const sqlite = [...packages.values()].find((crate) => crate.name === 'libsqlite3-sys');
  const header = readFileSync(path.join(path.dirname(sqlite.manifest_path), 'sqlite3', 'sqlite3.h'), 'utf8');
  const sqliteVersion = /^#define SQLITE_VERSION\s+"(.*)"$/m.exec(header)[1];
  return [
    library('rust-std', rust, 'MIT OR Apache-2.0', 'oracle-ai', ['server', 'page']),
    library('sqlite', sqliteVersion, 'blessing', 'libsqlite3-sys', ['server']),
  ];
}

function library(name, version, license, of, used) {
  const purl = `pkg:generic/${name}@${version}`;
  const licenses = license.includes(' ') ? [{ expression: license }] : [{ license: { id: license } }];
  const properties = used.map((part) => ({ name: 'oracle-ai:part', value: part }));
  return { of, component: { type: 'library', 'bom-ref': purl, name, version, licenses, purl, properties } };
}

function filesOf(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return files.sort().map((file) => {
    const content = createHash('sha256').update(readFileSync(file)).digest('hex');
    const name = path.relative(folder, file);
    return { type: 'file', 'bom-ref': `file:${name}`, name, hashes: [{ alg: 'SHA-256', content }] };
  });
}

function checksumsOf(lock) {
  const blocks = lock.split('[[package]]').slice(1);
  const value = (block, name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(block)?.[1];
  return new Map(blocks.map((block) => [key(value(block, 'name'), value(block, 'version')), value(block, 'checksum')]));
}

function key(name, version) {
  return `${name} ${version}`;
}

function refOf(crate) {
  return `pkg:cargo/${crate.replace(' ', '@')}`;
}

/** Of the sources, so that the same sources have the same document. */
function time() {
  const epoch = process.env.SOURCE_DATE_EPOCH || execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return new Date(Number(epoch) * 1000);
}

function host() {
  return /^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))[1];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(sbom(process.argv[2]), null, 2));
}

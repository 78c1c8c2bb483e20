// What scripts/release writes: the bill of materials, the statement of provenance, and the changelog.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { released } from './changelog.mjs';
import { provenance } from './provenance.mjs';
import { cargo, parts, sbom } from './sbom.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'oracle-ai-release-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'program'), 'a program');
const document = sbom(folder);

const of = (part) => document.components.filter(({ properties = [] }) => properties.some(({ value }) => value === part));
const names = (components) => components.map(({ name, version }) => `${name} ${version}`);

for (const { name, target, features } of parts) {
  test(`the bill of materials lists the crates in the ${name} that cargo tree lists`, () => {
    const tree = cargo('tree', '--locked', '--target', target, ...features, '--edges', 'normal', '--no-dedupe', '--prefix', 'none');
    const crates = [...tree.matchAll(/^(\S+) v(\S+)/gm)].map(([, crate, version]) => `${crate} ${version}`);
    const expected = new Set(crates.filter((crate) => !crate.startsWith('oracle-ai ')));
    const listed = names(of(name).filter(({ purl }) => purl.startsWith('pkg:cargo/')));
    assert.ok(expected.size > 100);
    assert.deepEqual(listed.sort(), [...expected].sort());
  });
}

test('each crate has a licence and the checksum of Cargo.lock', () => {
  const lock = readFileSync('Cargo.lock', 'utf8');
  for (const { name, licenses, hashes, purl } of document.components.filter(({ type }) => type === 'library')) {
    assert.ok(licenses.length === 1, name);
    if (purl.startsWith('pkg:cargo/')) assert.ok(lock.includes(`checksum = "${hashes[0].content}"`), name);
  }
});

test('code that is in no crate is listed, and each file of the bundle with its hash', () => {
  assert.deepEqual(names(of('page').filter(({ purl }) => purl.startsWith('pkg:generic/'))).map((name) => name.split(' ')[0]), ['rust-std']);
  const sqlite = document.components.find(({ name }) => name === 'sqlite');
  assert.match(sqlite.version, /^3\.\d+\.\d+$/);
  const file = document.components.find(({ type }) => type === 'file');
  assert.equal(file.name, 'program');
  // sha256sum of its text.
  assert.equal(file.hashes[0].content, 'd69ea8cda2433733c1ce02de65da8f48e6a3dbba6bb18876a2062908e54ef7cb');
});

test('dependencies lead from the program to every crate', () => {
  const to = new Map(document.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const reached = new Set();
  const visit = (ref) => {
    if (reached.has(ref)) return;
    reached.add(ref);
    assert.ok(to.has(ref), ref);
    to.get(ref).forEach(visit);
  };
  visit(document.metadata.component['bom-ref']);
  const libraries = document.components.filter(({ type }) => type === 'library').map((library) => library['bom-ref']);
  assert.deepEqual([...reached].sort(), [document.metadata.component['bom-ref'], ...libraries].sort());
});

test('the statement of provenance names what was built, of which commit, with which tools', () => {
  const statement = provenance([path.join(folder, 'program')], { version: '1.2.3', revision: 'a'.repeat(40) });
  assert.equal(statement._type, 'https://in-toto.io/Statement/v1');
  assert.equal(statement.predicateType, 'https://slsa.dev/provenance/v1');
  assert.deepEqual(statement.subject.map(({ name }) => name), ['program']);
  assert.equal(statement.subject[0].digest.sha256, document.components.find(({ type }) => type === 'file').hashes[0].content);
  const { buildDefinition, runDetails } = statement.predicate;
  assert.equal(buildDefinition.externalParameters.version, '1.2.3');
  assert.equal(buildDefinition.resolvedDependencies[0].digest.gitCommit, 'a'.repeat(40));
  assert.ok(buildDefinition.resolvedDependencies.some(({ name }) => name === 'rustc'));
  assert.ok(runDetails.builder.id.length > 0);
});

test('a release takes what is unreleased, and leaves an empty section for what comes next', () => {
  const before = '# Changelog\n\nWords.\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 (2026-01-02)\n\n- The first.\n';
  const { text, notes } = released(before, '0.2.0', '2026-03-04');
  assert.equal(text, '# Changelog\n\nWords.\n\n## Unreleased\n\n## 0.2.0 (2026-03-04)\n\n### Added\n\n- A thing.\n\n'
    + '## 0.1.0 (2026-01-02)\n\n- The first.\n');
  assert.equal(notes, '### Added\n\n- A thing.\n');
  assert.throws(() => released(text, '0.3.0', '2026-03-05'), /nothing is unreleased/);
  assert.throws(() => released(before, '0.1.0', '2026-03-05'), /0\.1\.0 is there already/);
  assert.throws(() => released('# Changelog\n', '0.1.0', '2026-03-05'), /no section "Unreleased"/);
});

test('a dry run shows the version in all places, and changes nothing', () => {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8' });
  const state = () => [git('status', '--porcelain'), git('rev-parse', 'HEAD'), git('tag', '--list'), git('worktree', 'list')];
  const before = state();
  // In a target folder without a build.
  const env = { ...process.env, CARGO_TARGET_DIR: path.join(folder, 'target') };
  const shown = execFileSync('scripts/release', ['--dry-run', '99.1.2'], { encoding: 'utf8', env });
  assert.deepEqual(state(), before);
  for (const [file, line] of [
    ['CHANGELOG.md', /^\+## 99\.1\.2 \(\d{4}-\d\d-\d\d\)$/m],
    ['Cargo.toml', /^\+version = "99\.1\.2"$/m],
    ['Cargo.lock', /^\+version = "99\.1\.2"$/m],
    ['deploy/kubernetes.yaml', /^\+ +image: \S+:99\.1\.2$/m],
  ]) {
    const changes = shown.split(`+++ b/${file}\n`)[1]?.split('\ndiff --git')[0];
    assert.match(changes ?? '', line, file);
    assert.equal(changes.match(/^\+(?!## |$)/gm)?.length ?? 0, file === 'CHANGELOG.md' ? 0 : 1, `${file}: ${changes}`);
  }
  assert.equal(shown.match(/^\+(version|appVersion): "99\.1\.2"$/gm).length, 2, 'those of the chart');
});

test('what is no version is refused', () => {
  for (const version of ['1.2', 'v1.2.3', '01.2.3', '1.2.3 ', '']) {
    assert.equal(spawnSync('scripts/release', ['--dry-run', version]).status, 2, version);
  }
});

// A statement of provenance: which files were built, from which commit, with which tools. An in-toto statement with the
// predicate of SLSA 1.0 (https://slsa.dev/spec/v1.0/provenance). It proves nothing until it is signed by those who built them.
//
//   node provenance.mjs <version> <revision> <file...>
//
// BUILDER_ID names the builder, as the URL of a CI run; else it is the machine of a person.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a build is called that `scripts/bundle` makes. */
const BUILD_TYPE = 'urn:oracle-ai:build:scripts/bundle:1';

export function provenance(files, { version, revision }) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map((file) => ({ name: path.basename(file), digest: { sha256: sha256(file) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { version, revision, command: 'scripts/bundle' },
        resolvedDependencies: [
          { name: 'sources', uri: 'git+file:.', digest: { gitCommit: revision } },
          ...['Cargo.lock', 'e2e/package-lock.json'].map((file) => ({ name: file, digest: { sha256: sha256(file) } })),
          ...tools(),
        ],
      },
      runDetails: {
        builder: { id: process.env.BUILDER_ID || 'urn:oracle-ai:builder:a-person' },
        metadata: { finishedOn: new Date().toISOString() },
      },
    },
  };
}

/** The programs that turn the sources into the release, as each names its version. */
function tools() {
  const commands = [['rustc', '--version'], ['cargo', '--version'], ['dx', '--version'], ['node', '--version'], ['cc', '--version']];
  return commands.flatMap(([name, argument]) => {
    try {
      const words = execFileSync(name, [argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return [{ name, annotations: { version: words.split('\n')[0] } }];
    } catch {
      return [];
    }
  });
}

function sha256(file) {
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [version, revision, ...files] = process.argv.slice(2);
  console.log(JSON.stringify(provenance(files, { version, revision }), null, 2));
}

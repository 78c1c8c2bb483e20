// The two files of the built page whose names change with what is in them.
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Their names in the page's `assets`. */
export function pageFiles(folder) {
  const assets = readdirSync(path.join(folder, 'assets'));
  const only = (pattern) => {
    const found = assets.filter((name) => pattern.test(name));
    if (found.length !== 1) throw new Error(`one file should fit ${pattern}, not ${found.length}: ${found}`);
    return found[0];
  };
  return { script: only(/^oracle-ai-dxh[0-9a-f]+\.js$/), wasm: only(/^oracle-ai_bg-dxh[0-9a-f]+\.wasm$/) };
}

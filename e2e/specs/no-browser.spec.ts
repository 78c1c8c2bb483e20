// docs/login.mjs: the whole flow by a client that is no browser.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from '../fixtures/test';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../docs/login.mjs');

test('the script of the documentation signs in, calls, refreshes and signs out', async ({ baseURL, user }) => {
  // T66: no call of it is refused for a nonce.
  // Without colours, which a terminal would be given.
  const env = { ...process.env, FORCE_COLOR: '0' };
  const { stdout } = await promisify(execFile)(process.execPath, [script, baseURL!, user.name], { env });
  const calls = stdout.trim().split('\n').map((line) => line.trim().replace(/\?\S*/, ''));
  expect(calls).toEqual([
    'GET /api/authorize 200',
    'POST /api/token 200',
    'GET /api/chat 200',
    'POST /api/refresh 200',
    'POST /api/logout 200',
  ]);
});

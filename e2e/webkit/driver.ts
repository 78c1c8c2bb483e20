// Starts WebKitGTK's MiniBrowser on a screen of its own, and drives it by WebKitWebDriver.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver';

export interface Launch {
  /** WebKit's switches, such as `-IndexedDBAPI` (`MiniBrowser --features=help`). */
  features?: string;
  /** Such as `JSC_useWasm=0`, which is what Lockdown Mode does to WebAssembly. */
  env?: Record<string, string>;
}

export interface Browser {
  driver: WebDriver;
  close: () => Promise<void>;
}

/** A screen that nobody looks at; the result names it, as in `DISPLAY`. */
export async function startScreen(): Promise<{ display: string; stop: () => void }> {
  const xvfb = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = await Promise.race([once(xvfb.stdout, 'data'), failure(xvfb, 'Xvfb')]);
  return { display: `:${String(number).trim()}`, stop: () => xvfb.kill() };
}

/** Its storage is empty, and gone when it is closed: WebDriver's windows are private ones (WebKit's ephemeral session). */
export async function startBrowser(display: string, { features, env = {} }: Launch = {}): Promise<Browser> {
  const port = await freePort();
  const service = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: { ...process.env, ...env, DISPLAY: display, LANGUAGE: 'en_GB' },
    stdio: 'ignore',
  });
  const ended = failure(service, 'WebKitWebDriver');
  await Promise.race([answers(`http://127.0.0.1:${port}/status`), ended]);
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': {
      binary: miniBrowser(),
      args: ['--automation', ...(features ? [`--features=${features}`] : [])],
    },
  });
  const driver = new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
  await Promise.race([driver.getSession(), ended]);
  return {
    driver,
    close: async () => {
      await driver.quit();
      service.kill();
    },
  };
}

/** It is no program for people, so it lies among the libraries: `/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1` in Debian,
 *  `/usr/libexec/webkit2gtk-4.1` elsewhere. */
function miniBrowser(): string {
  const parents = ['/usr/libexec', ...readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}`)];
  const folders = parents.flatMap((parent) => [`${parent}/webkit2gtk-4.1`, `${parent}/webkitgtk-6.0`, `${parent}/webkit2gtk-4.0`]);
  const found = folders.map((folder) => `${folder}/MiniBrowser`).find((file) => existsSync(file));
  if (!found) throw new Error('there is no MiniBrowser: in Debian, install libwebkit2gtk-4.1-0');
  return found;
}

async function failure(process: ChildProcess, name: string): Promise<never> {
  const [code] = await Promise.race([once(process, 'exit'), once(process, 'error')]);
  throw new Error(`${name} ended: ${code}`);
}

async function answers(url: string) {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((soon) => setTimeout(soon, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as AddressInfo;
      listener.close(() => resolve(port));
    });
  });
}

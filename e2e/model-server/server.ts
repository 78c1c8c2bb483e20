// llama.cpp's server with one of the models of serve.py, as a test starts, watches and kills it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { portsOfWorker } from '../fixtures/servers';

export type ModelName = 'long' | 'short' | 'smollm2';

const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.MODEL_SERVER_PYTHON ?? path.join(here, '../../target/model-server/bin/python');

/** After those that a test's own app has. */
const firstPort = portsOfWorker(0).redis + 1;
export const ports: Record<ModelName | 'mock', number> = {
  long: firstPort, short: firstPort + 1, smollm2: firstPort + 2, mock: firstPort + 3,
};
export const baseUrl = (name: keyof typeof ports) => `http://127.0.0.1:${ports[name]}/v1`;

export class ModelServer {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'oracle-ai-prompts-'));

  private child?: ChildProcess;

  private constructor(
    private readonly name: ModelName,
    private readonly key?: string,
  ) {}

  /** Returns once it answers. */
  static async start(name: ModelName, { key }: { key?: string } = {}): Promise<ModelServer> {
    const server = new ModelServer(name, key);
    await server.start();
    return server;
  }

  /** Anew, at the same port. */
  async start() {
    const { PATH = '', THREADS = '1' } = process.env;
    const env = { PATH, THREADS, PROMPTS: this.folder, ...(this.key && { LLAMA_API_KEY: this.key }) };
    const child = spawn(python, [path.join(here, 'serve.py'), this.name, String(ports[this.name])], {
      env, stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    for await (const line of createInterface(child.stdout)) if (line.startsWith('http')) return;
    throw new Error(`serve.py ended with ${child.exitCode}`);
  }

  /** At once, as a machine that is lost. */
  async kill() {
    const ended = once(this.child!, 'exit');
    this.child!.kill('SIGKILL');
    await ended;
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** Whether it reads or writes for somebody. */
  async isBusy(): Promise<boolean> {
    const headers: Record<string, string> = this.key ? { authorization: `Bearer ${this.key}` } : {};
    const answer = await fetch(`http://127.0.0.1:${ports[this.name]}/slots`, { headers });
    const slots = (await answer.json()) as { is_processing: boolean }[];
    return slots.some((slot) => slot.is_processing);
  }

  /** What it was asked, in its template, the latest last. */
  prompts(): string[] {
    return readdirSync(this.folder).sort().map((file) => readFileSync(path.join(this.folder, file), 'utf8'));
  }
}

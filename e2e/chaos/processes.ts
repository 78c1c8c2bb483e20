// Child processes that end with this program, in whichever way it ends.

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

export interface Options extends SpawnOptions {
  asUser?: string;
  atTheEnd?: 'KILL' | 'TERM';
}

export class Process {
  private constructor(
    private readonly child: ChildProcess,
    readonly ended: Promise<unknown>,
  ) {}

  /** Its output goes to this file. When this program ends, the kernel sends it `atTheEnd`. */
  static start(command: string[], log: string, options: Options = {}): Process {
    const { asUser, atTheEnd = 'KILL', ...rest } = options;
    const user = asUser ? [`--reuid=${asUser}`, `--regid=${asUser}`, '--init-groups'] : [];
    const output = openSync(log, 'a');
    const child = spawn('setpriv', ['--pdeathsig', atTheEnd, ...user, '--', ...command], {
      ...rest, stdio: ['ignore', output, output],
    });
    const failed = new Promise((_, reject) => child.once('error', reject));
    const ended = Promise.race([once(child, 'exit'), failed]);
    ended.catch(() => {});
    return new Process(child, ended);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals) {
    if (this.isRunning) this.child.kill(signal);
  }

  /** Sends a signal, and returns when the process has ended. */
  async end(signal: NodeJS.Signals) {
    this.signal(signal);
    if (this.isRunning) await this.ended;
  }

  /** Stops it with all its children, so that it holds its connections and answers nothing. */
  freeze() {
    this.signal('SIGSTOP');
    for (const pid of this.children()) process.kill(pid, 'SIGSTOP');
  }

  thaw() {
    for (const pid of this.children()) process.kill(pid, 'SIGCONT');
    this.signal('SIGCONT');
  }

  private children(): number[] {
    const list = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  }
}

/** A port of this machine that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as AddressInfo;
      listener.close(() => resolve(port));
    });
  });
}

export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Returns when the condition holds; fails after so many seconds. */
export async function until(what: string, condition: () => Promise<boolean> | boolean, seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} seconds`);
    await sleep(50);
  }
}

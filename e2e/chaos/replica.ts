// One server of the app, with wires of its own to Redis and to PostgreSQL.

import path from 'node:path';

import { Link } from './link';
import { freePort, Process, until } from './processes';

/** What `/readyz` says: its `status`, or that there is no answer. */
export type Readiness = 'ready' | 'degraded' | 'unavailable' | 'draining' | 'no answer';

/** Longer than the server's own time limits for its stores together. */
const READYZ_TIMEOUT_MS = 5_000;

export class Replica {
  private process!: Process;

  private constructor(
    readonly name: string,
    readonly port: number,
    readonly toRedis: Link,
    readonly toPostgres: Link,
    private readonly env: Record<string, string>,
    private readonly program: { folder: string; log: string },
  ) {}

  /** The program is that of this folder, with its `public/`. */
  static async start(
    name: string,
    settings: Record<string, string>,
    services: { redis: number; postgres: number },
    program: { folder: string; log: string },
  ): Promise<Replica> {
    const [port, toRedis, toPostgres] = await Promise.all([
      freePort(), Link.to(services.redis), Link.to(services.postgres),
    ]);
    const env = {
      ...settings,
      PORT: String(port),
      REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
      DATABASE_URL: `postgres://postgres@127.0.0.1:${toPostgres.port}/postgres`,
    };
    const replica = new Replica(name, port, toRedis, toPostgres, env, program);
    await replica.start();
    return replica;
  }

  async start() {
    const { folder, log } = this.program;
    // Nothing but these settings, and no `.env`, which would be found in the working directory.
    const env = { PATH: process.env.PATH ?? '', ...this.env };
    this.process = Process.start([path.join(folder, 'server')], log, { env, cwd: path.dirname(log) });
    await until(`${this.name} is ready (its log: ${log})`, async () => {
      if (!this.process.isRunning) throw new Error(`${this.name} has ended: see ${log}`);
      return (await this.readiness()) === 'ready';
    });
  }

  get isRunning(): boolean {
    return this.process.isRunning;
  }

  kill() {
    return this.process.end('SIGKILL');
  }

  /** Returns when it has drained and ended. */
  terminate() {
    return this.process.end('SIGTERM');
  }

  freeze() {
    this.process.freeze();
  }

  thaw() {
    this.process.thaw();
  }

  async readiness(): Promise<Readiness> {
    try {
      const signal = AbortSignal.timeout(READYZ_TIMEOUT_MS);
      const answer = await fetch(`http://127.0.0.1:${this.port}/readyz`, { signal });
      return ((await answer.json()) as { status: Readiness }).status;
    } catch {
      return 'no answer';
    }
  }
}

// Redis, PostgreSQL and nginx, each with the data and the configuration of an operator.

import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

import { freePort, Process, until } from './processes';

/** A program that can be ended, started again on its data, and frozen. */
export abstract class Service {
  protected process!: Process;

  protected constructor(
    readonly port: number,
    protected readonly folder: string,
  ) {}

  protected abstract command(): { command: string[]; asUser?: string };

  async start() {
    const { command, asUser } = this.command();
    this.process = Process.start(command, `${this.folder}.log`, { asUser });
    await until(`${command[0]} listens`, () => listens(this.port));
  }

  kill() {
    return this.process.end('SIGKILL');
  }

  freeze() {
    this.process.freeze();
  }

  thaw() {
    this.process.thaw();
  }
}

export class Redis extends Service {
  static async start(folder: string): Promise<Redis> {
    mkdirSync(folder);
    const redis = new Redis(await freePort(), folder);
    await redis.start();
    return redis;
  }

  /** As docs/operations.md asks for. */
  protected command() {
    const persistence = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    return { command: ['redis-server', ...place, ...persistence, '--maxmemory-policy', 'noeviction'] };
  }
}

export class Postgres extends Service {
  static async start(folder: string): Promise<Postgres> {
    mkdirSync(folder);
    if (asPostgres) chownSync(folder, Number(idOfPostgres('-u')), Number(idOfPostgres('-g')));
    const initdb = [program('initdb'), '-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const process = Process.start(initdb, `${folder}.log`, { asUser: asPostgres });
    await process.ended;
    const postgres = new Postgres(await freePort(), folder);
    await postgres.start();
    return postgres;
  }

  /** Returns when it has recovered. */
  override async start() {
    await super.start();
    await until('PostgreSQL accepts connections', () => this.accepts());
  }

  /** By SIGQUIT, after which it recovers from its log, as after a crash. */
  override kill() {
    return this.process.end('SIGQUIT');
  }

  protected command() {
    const network = ['listen_addresses=127.0.0.1', `port=${this.port}`, 'unix_socket_directories=', 'max_connections=200'];
    // Only the machine's end, which does not happen here, loses what is not on the disk yet.
    const settings = [...network, 'fsync=off'];
    const options = settings.flatMap((setting) => ['-c', setting]);
    return { command: [program('postgres'), '-D', this.folder, ...options], asUser: asPostgres };
  }

  private accepts(): boolean {
    try {
      execFileSync(program('pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(this.port)]);
      return true;
    } catch {
      return false;
    }
  }
}

/** PostgreSQL refuses to run as root. */
const asPostgres = process.getuid?.() === 0 ? 'postgres' : undefined;
const idOfPostgres = (option: string) => execFileSync('id', [option, 'postgres'], { encoding: 'utf8' });

/** Debian keeps PostgreSQL's programs out of the PATH. */
function program(name: string): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const newest = versions.sort((one, other) => Number(one) - Number(other)).at(-1);
  return newest ? `/usr/lib/postgresql/${newest}/bin/${name}` : name;
}

/** nginx by the operators' example, deploy/nginx.conf: only addresses, and TLS, which the people here do without, differ. */
export class Nginx {
  private process!: Process;
  /** The servers that a balancer which asks `/readyz` has taken out. */
  private out = new Set<number>();

  private constructor(
    readonly port: number,
    private readonly servers: number[],
    private readonly folder: string,
    private readonly log: string,
  ) {}

  static async start(port: number, servers: number[], folder: string, log: string): Promise<Nginx> {
    mkdirSync(folder);
    const nginx = new Nginx(port, servers, folder, log);
    nginx.configure();
    nginx.process = Process.start(
      [existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx', '-p', folder, '-e', log, '-c', `${folder}/nginx.conf`],
      log,
      // It ends its workers.
      { atTheEnd: 'TERM' },
    );
    await until('nginx listens', () => listens(port));
    return nginx;
  }

  /** Sends new requests to no others than these, if that is a change. */
  use(servers: number[]) {
    const out = new Set(this.servers.filter((server) => !servers.includes(server)));
    if (out.size === this.out.size && [...out].every((server) => this.out.has(server))) return;
    this.out = out;
    this.configure();
    this.process.signal('SIGHUP');
  }

  private configure() {
    writeFileSync(path.join(this.folder, 'oracle-ai.conf'), this.example());
    writeFileSync(path.join(this.folder, 'nginx.conf'), this.frame());
  }

  private example(): string {
    const [first, second] = ['server 10.0.0.11:8080', 'server 10.0.0.12:8080'];
    const options = 'max_fails=2 fail_timeout=5s;';
    const state = (server: number) => (this.out.has(server) ? `${options.slice(0, -1)} down;` : options);
    const servers = this.servers.map((server) => `server 127.0.0.1:${server} ${state(server)}`).join('\n    ');
    const changes: [string, string][] = [
      [`${first} ${options}`, servers],
      [`${second} ${options}`, ''],
      ['listen 443 ssl http2', `listen 127.0.0.1:${this.port}`],
      ['/var/log/nginx/oracle-ai.log', `${this.folder}/access.log`],
    ];
    let text = readFileSync('deploy/nginx.conf', 'utf8');
    for (const [there, here] of changes) {
      if (!text.includes(there)) throw new Error(`deploy/nginx.conf has no "${there}"`);
      text = text.replace(there, here);
    }
    return text.split('\n').filter((line) => !line.trim().startsWith('ssl_')).join('\n');
  }

  /** What Debian puts around it. */
  private frame(): string {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return `
      daemon off; error_log ${this.log}; pid ${this.folder}/nginx.pid; worker_processes 1; worker_rlimit_nofile 8192;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      events { worker_connections 4096; }
      http {
        ${paths.map((name) => `${name}_temp_path ${this.folder}/${name};`).join(' ')}
        include ${this.folder}/oracle-ai.conf;
      }`;
  }
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

// Three replicas of the app on one Redis and one PostgreSQL, behind nginx, in front of a provider and a model.

import { randomBytes } from 'node:crypto';
import path from 'node:path';

import { Model } from './model';
import { freePort } from './processes';
import { CLIENT, Provider } from './provider';
import { Replica, type Readiness } from './replica';
import { Nginx, Postgres, Redis } from './services';

const REPLICAS = ['r1', 'r2', 'r3'];
/** Between two looks at `/readyz` of a replica. */
const LOOK_EVERY_MS = 500;

export class Cluster {
  /** Whether the balancer asks `/readyz`. */
  asksReadyz = false;
  private readonly latest = new Map<string, Readiness>();
  /** What it has said at two looks in a row. */
  private readonly steady = new Map<string, Readiness>();
  /** What each has said since the last time that this was asked. */
  private said = new Map<string, Readiness[]>();

  private constructor(
    readonly origin: string,
    readonly provider: Provider,
    readonly model: Model,
    readonly redis: Redis,
    readonly postgres: Postgres,
    readonly nginx: Nginx,
    readonly replicas: Replica[],
  ) {
    for (const replica of replicas) void this.watch(replica);
  }

  /** Of the program in this folder; data and logs are below `folder`. */
  static async start(program: string, folder: string, logs: string): Promise<Cluster> {
    const [provider, model, port] = await Promise.all([Provider.start(), Model.start(), freePort()]);
    const [redis, postgres] = await Promise.all([
      Redis.start(path.join(folder, 'redis')), Postgres.start(path.join(folder, 'postgres')),
    ]);
    const origin = `http://localhost:${port}`;
    const replicas: Replica[] = [];
    // One after the other: the first makes the tables.
    for (const name of REPLICAS) {
      const settings = { ...SETTINGS, FRONT_URL: origin, OIDC_ISSUER: provider.issuer, CHAT_BASE_URL: model.baseUrl(name) };
      const services = { redis: redis.port, postgres: postgres.port };
      replicas.push(await Replica.start(name, settings, services, { folder: program, log: path.join(logs, `${name}.log`) }));
    }
    const ports = replicas.map((replica) => replica.port);
    const nginx = await Nginx.start(port, ports, path.join(folder, 'nginx'), path.join(logs, 'nginx.log'));
    return new Cluster(origin, provider, model, redis, postgres, nginx, replicas);
  }

  /** What each replica has said, one after the other, since the last time that this was asked. */
  readiness(): Map<string, Readiness[]> {
    const { said } = this;
    this.said = new Map([...this.latest].map(([name, readiness]) => [name, [readiness]]));
    return said;
  }

  private async watch(replica: Replica) {
    for (;;) {
      const readiness = await replica.readiness();
      // As balancers do: one look is no reason for a change.
      if (this.latest.get(replica.name) === readiness) this.steady.set(replica.name, readiness);
      this.latest.set(replica.name, readiness);
      const said = this.said.get(replica.name) ?? [];
      if (said.at(-1) !== readiness) this.said.set(replica.name, [...said, readiness]);
      this.balance();
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  /** As docs/operations.md advises: only those that are ready, as long as there is one. */
  private balance() {
    const ready = this.replicas.filter(({ name }) => this.steady.get(name) === 'ready');
    const used = this.asksReadyz && ready.length > 0 ? ready : this.replicas;
    this.nginx.use(used.map(({ port }) => port));
  }
}

const SETTINGS = {
  CLIENT_ID: CLIENT.id,
  CLIENT_SECRET: CLIENT.secret,
  CHAT_MODEL: 'chaos',
  SESSION_KEYS: randomBytes(32).toString('base64'),
  DRAIN_NOTICE_SECONDS: '3',
  DRAIN_SECONDS: '60',
  TRUSTED_PROXIES: '127.0.0.1',
  LOG_FORMAT: 'json',
  // One machine does the work of many people's.
  RATE_LIMIT_PER_ADDRESS: '0',
  RATE_LIMIT_PER_BROWSER: '0',
  RATE_LIMIT_PER_PERSON: '0',
};

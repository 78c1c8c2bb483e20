// The faults, one after the other: how each begins and ends, and which answers it may cut off.

import { type Cluster } from './cluster';
import { sleep } from './processes';
import { type Condition } from './provider';
import { type Replica } from './replica';

export interface Fault {
  name: string;
  /** For how long it lasts is up to this function: it returns when the fault is over. */
  run: (cluster: Cluster, seconds: number) => Promise<void>;
  /** The balancer sends people only to replicas whose `/readyz` says `ready`, as long as there is one. nginx does not ask. */
  asksReadyz?: boolean;
  /** The replica whose running answers can't survive. */
  mayCut?: string;
  /** No answer may be cut off. */
  mustNotCut?: boolean;
  /** Also in the short form. */
  short?: boolean;
}

/** The replica that faults of one replica concern. */
const ILL = 'r3';

const ill = (cluster: Cluster): Replica => cluster.replicas.find(({ name }) => name === ILL)!;

/** Begins, lasts and ends. */
const during =
  (begin: (cluster: Cluster) => unknown, end: (cluster: Cluster) => unknown): Fault['run'] =>
  async (cluster, seconds) => {
    await begin(cluster);
    await sleep(seconds * 1000);
    await end(cluster);
  };

const provider = (condition: Condition) =>
  during(
    ({ provider }) => (provider.condition = condition),
    ({ provider }) => (provider.condition = 'up'),
  );

async function rollingRestart(cluster: Cluster) {
  for (const replica of cluster.replicas) {
    await replica.terminate();
    await replica.start();
  }
}

/** They are over at once: how long people notice them is the time to heal. */
const restart = (service: (cluster: Cluster) => { kill(): Promise<void>; start(): Promise<void> }) => async (cluster: Cluster) => {
  await service(cluster).kill();
  await service(cluster).start();
};

const redisCut = during((cluster) => ill(cluster).toRedis.cut(), (cluster) => ill(cluster).toRedis.mend());
const postgresCut = during((cluster) => ill(cluster).toPostgres.cut(), (cluster) => ill(cluster).toPostgres.mend());
const frozen = during((cluster) => ill(cluster).freeze(), (cluster) => ill(cluster).thaw());

export const FAULTS: Fault[] = [
  { name: 'none', run: (_, seconds) => sleep(seconds * 1000), short: true, mustNotCut: true },
  { name: 'a replica killed (SIGKILL)', run: during((cluster) => ill(cluster).kill(), (cluster) => ill(cluster).start()), mayCut: ILL, short: true },
  { name: 'rolling restart (SIGTERM)', run: rollingRestart, mustNotCut: true },
  { name: 'rolling restart, /readyz asked', run: rollingRestart, asksReadyz: true, mustNotCut: true, short: true },
  { name: 'a replica frozen', run: frozen, mayCut: ILL },
  { name: 'a replica frozen, /readyz asked', run: frozen, mayCut: ILL, asksReadyz: true },
  { name: 'Redis killed, started again', run: restart(({ redis }) => redis), short: true },
  { name: 'Redis stopped', run: during(({ redis }) => redis.kill(), ({ redis }) => redis.start()) },
  { name: 'Redis frozen', run: during(({ redis }) => redis.freeze(), ({ redis }) => redis.thaw()) },
  { name: 'a replica cut off from Redis', run: redisCut },
  { name: 'a replica cut off from Redis, /readyz asked', run: redisCut, asksReadyz: true, short: true },
  { name: 'PostgreSQL killed, started again', run: restart(({ postgres }) => postgres), short: true },
  { name: 'PostgreSQL stopped', run: during(({ postgres }) => postgres.kill(), ({ postgres }) => postgres.start()) },
  { name: 'PostgreSQL frozen', run: during(({ postgres }) => postgres.freeze(), ({ postgres }) => postgres.thaw()) },
  { name: 'a replica cut off from PostgreSQL', run: postgresCut },
  { name: 'a replica cut off from PostgreSQL, /readyz asked', run: postgresCut, asksReadyz: true },
  { name: 'provider down', run: provider('down') },
  { name: 'provider hanging', run: provider('hanging') },
  { name: 'provider with 10 % faults', run: provider('flaky'), short: true },
];

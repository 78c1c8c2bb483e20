// People chat all day while one fault after the other happens. `scripts/chaos` runs it.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Cluster } from './cluster';
import { FAULTS, type Fault } from './faults';
import { latency, type Latency } from './latency';
import { Person, type World } from './person';
import { sleep } from './processes';
import { details, failures, latencyLine, table, type Row } from './report';
import { Books } from './tally';

interface Form {
  people: number;
  /** Of an answer. */
  words: number;
  /** How long a fault lasts. */
  seconds: number;
  /** After which everything is ended. */
  minutes: number;
}

const FULL: Form = { people: 200, words: 40, seconds: 15, minutes: 30 };
const SHORT: Form = { people: 30, words: 20, seconds: 5, minutes: 10 };
const PAUSE_MS = 200;
/** How long people get to be well again. */
const HEALING_SECONDS = 90;
const STANDSTILL_CHECK_MS = 1_000;
const LONGEST_STANDSTILL_MS = 5_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: 'string' }, output: { type: 'string' }, short: { type: 'boolean' }, people: { type: 'string' } },
});
const form = values.short ? SHORT : FULL;
const people = Number(values.people ?? form.people);
const isWanted = ({ name, short }: Fault) =>
  positionals.length ? positionals.some((part) => name.includes(part)) : !values.short || short;
const faults = FAULTS.filter(isWanted);

async function run(folder: string, output: string, logs: string): Promise<string[]> {
  const cluster = await Cluster.start(path.resolve(values.server!), folder, logs);
  const latencies = await latency(cluster);
  console.log(latencyLine(latencies));
  const books = new Books();
  const { origin, provider, model } = cluster;
  const world: World = { origin, provider, model, books, words: form.words, pauseMs: PAUSE_MS };
  const crowd = Array.from({ length: people }, (_, n) => new Person(`person-${n}`, world));
  // What they throw is a mistake of this program, and ends it.
  for (const person of crowd) void sleep(Math.random() * 3_000).then(() => person.live());
  if (!(await allWellSince(crowd, 0, 120))) throw new Error('not everybody could sign in and chat: see the logs of the replicas');
  const rows: Row[] = [];
  for (const fault of faults) {
    const row = await suffer(fault, cluster, crowd, books);
    rows.push(row);
    console.log(details(row));
  }
  crowd.forEach((person) => person.leave());
  report(rows, latencies, output);
  return failures(rows);
}

/** One fault, and the time until everybody is well again. */
async function suffer(fault: Fault, cluster: Cluster, crowd: Person[], books: Books): Promise<Row> {
  cluster.asksReadyz = fault.asksReadyz ?? false;
  cluster.readiness();
  const tally = books.turn();
  await fault.run(cluster, form.seconds);
  const endedAt = Date.now();
  const healed = await allWellSince(crowd, endedAt, HEALING_SECONDS);
  const lastRefusal = tally.refusals.at(-1)?.at ?? 0;
  const healedAfter = healed ? Math.max(0, lastRefusal - endedAt) / 1000 : undefined;
  return { fault, tally, healedAfter, readiness: cluster.readiness() };
}

/** Whether everybody has asked, read and compared an answer that they asked for after this moment. */
async function allWellSince(crowd: Person[], moment: number, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!crowd.every(({ wellAt }) => wellAt > moment)) {
    if (Date.now() > deadline) return false;
    await sleep(200);
  }
  return true;
}

function report(rows: Row[], latencies: Latency, output: string) {
  const load = `${people} people, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`;
  const text = `${load}\n\n${table(rows)}\n\n${latencyLine(latencies)}\n`;
  console.log(`\n${text}`);
  writeFileSync(path.join(output, 'chaos.md'), text);
}

/** A busy or suspended machine is a fault of its own, with which no figure is worth anything. */
function noticeStandstills() {
  let last = Date.now();
  setInterval(() => {
    const still = Date.now() - last - STANDSTILL_CHECK_MS;
    if (still > LONGEST_STANDSTILL_MS) console.error(`this machine stood still for ${Math.round(still / 1000)} seconds: run it again`);
    last = Date.now();
  }, STANDSTILL_CHECK_MS);
}

async function main() {
  const output = path.resolve(values.output!);
  const logs = path.join(output, 'logs');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'oracle-ai-chaos-'));
  // PostgreSQL runs as a user of its own.
  chmodSync(folder, 0o711);
  // Child processes end with this one.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  setTimeout(() => {
    console.error(`not done after ${form.minutes} minutes`);
    process.exit(1);
  }, form.minutes * 60_000);
  noticeStandstills();
  const found = await run(folder, output, logs);
  for (const failure of found) console.error(`FAILED  ${failure}`);
  const failed = new Set(found.map((failure) => failure.split(':')[0])).size;
  // The closing line that scripts/test counts.
  console.log(`${faults.length - failed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

await main();

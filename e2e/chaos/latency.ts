// How much later a word is read at another replica than at the one that writes it.

import { randomUUID } from 'node:crypto';

import { type ChatEvent } from './answer';
import { Browser, events } from './browser';
import { type Cluster } from './cluster';
import { type Question } from './model';
import { sleep } from './processes';
import { Books } from './tally';

const ANSWERS = 10;
const WORDS = 60;
const PAUSE_MS = 100;

export interface Latency {
  /** From the model to a reader at the replica that writes, in milliseconds: median and 95th percentile. */
  direct: [number, number];
  /** To a reader at another replica. */
  through: [number, number];
  added: number;
}

export async function latency(cluster: Cluster): Promise<Latency> {
  const direct: number[] = [];
  const through: number[] = [];
  await Promise.all(Array.from({ length: ANSWERS }, (_, n) => measure(cluster, `reader-${n}`, direct, through)));
  const [middle, middleThrough] = [percentile(direct, 50), percentile(through, 50)];
  return {
    direct: [middle, percentile(direct, 95)],
    through: [middleThrough, percentile(through, 95)],
    added: middleThrough - middle,
  };
}

async function measure({ origin, provider, model, replicas }: Cluster, user: string, direct: number[], through: number[]) {
  const [writer, other] = replicas.map(({ port }) => `http://127.0.0.1:${port}`);
  const browser = await Browser.at(origin, new Books());
  const path = `/api/authorize?dpop_jkt=${browser.thumbprint}`;
  const { authorize_url } = await browser.json<{ authorize_url: string }>('GET', path);
  const body = provider.authorize(authorize_url, user);
  const { access_token: token } = await browser.json<{ access_token: string }>('POST', '/api/token', { body });
  const question: Question = { id: randomUUID(), words: WORDS, pauseMs: PAUSE_MS };
  const message = { conversation: randomUUID(), message: JSON.stringify(question), idempotency_key: randomUUID() };
  const asked = await browser.call('POST', '/api/chat', { token, body: message, at: writer });

  const times = async (answer: Response, times: number[], onOpen?: (id: string) => void) => {
    for await (const event of events<ChatEvent>(answer)) {
      const now = performance.now();
      if (event.type === 'open') onOpen?.(event.answer!);
      if (event.type !== 'delta') continue;
      for (const [, n] of event.text!.matchAll(/(\d+):/g)) times.push(now - model.sentAt(question)[Number(n)]);
    }
  };
  let reading: Promise<void>;
  const answer = await new Promise<string>((opened) => {
    reading = times(asked, direct, opened);
  });
  const follow = () => browser.call('POST', '/api/chat/follow', { token, body: { answer }, at: other });
  // Once more where the writer has not shared the answer yet.
  const followed = await follow().catch(async () => sleep(500).then(follow));
  await Promise.all([reading!, times(followed, through)]);
  model.forget(question);
}

function percentile(times: number[], percent: number): number {
  const sorted = times.toSorted((one, another) => one - another);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

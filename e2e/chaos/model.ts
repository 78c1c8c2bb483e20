// A model whose answers are known beforehand. Each replica calls it at a path of its own, so that it is known who writes
// which answer.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

import { freePort, sleep } from './processes';

/** A question, as its text: which answer, of how many words, and with which pause between two. */
export interface Question {
  id: string;
  words: number;
  pauseMs: number;
}

const WORDS = ['plain', 'naïve', '日本', 'two words', '🦀', '**bold**', '“quoted”', 'new\n\nparagraph', '<b>', '&amp;'];

interface Writing {
  replica: string;
  /** When each word was sent, by the clock of this process. */
  sentAt: number[];
}

export class Model {
  private readonly writings = new Map<string, Writing>();

  private constructor(private readonly port: number) {
    const server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    // Longer than any pause: a connection that is closed while it is used again is a fault that nobody has ordered.
    server.keepAliveTimeout = 600_000;
    server.listen(port, '127.0.0.1');
  }

  static async start(): Promise<Model> {
    return new Model(await freePort());
  }

  /** For `CHAT_BASE_URL` of this replica. */
  baseUrl(replica: string): string {
    return `http://127.0.0.1:${this.port}/${replica}/v1`;
  }

  /** Which replica writes the answer to this question. */
  writer(question: Question): string | undefined {
    return this.writings.get(question.id)?.replica;
  }

  sentAt(question: Question): number[] {
    return this.writings.get(question.id)?.sentAt ?? [];
  }

  forget(question: Question) {
    this.writings.delete(question.id);
  }

  private async answer(request: IncomingMessage, response: ServerResponse) {
    const { messages } = (await json(request)) as { messages: { content: string }[] };
    const question: Question = JSON.parse(messages.at(-1)!.content);
    const writing: Writing = { replica: request.url!.split('/')[1], sentAt: [] };
    this.writings.set(question.id, writing);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send(response, { delta: { role: 'assistant', content: '' } });
    for (let n = 0; n < question.words && !response.destroyed; n++) {
      await sleep(question.pauseMs);
      writing.sentAt.push(performance.now());
      send(response, { delta: { content: word(question, n) } });
    }
    send(response, { delta: {}, finish_reason: 'stop' });
    response.end('data: [DONE]\n\n');
  }
}

/** The whole answer. */
export function answerTo(question: Question): string {
  return Array.from({ length: question.words }, (_, n) => word(question, n)).join('');
}

const word = (question: Question, n: number) => `${n}:${WORDS[(n + question.id.charCodeAt(0)) % WORDS.length]} `;

function send(response: ServerResponse, choice: object) {
  const chunk = { object: 'chat.completion.chunk', model: 'chaos', choices: [{ index: 0, ...choice }] };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

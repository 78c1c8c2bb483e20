// A reverse proxy in front of Keycloak that keeps what the app's server sends to two endpoints and is answered: a test sees it
// nowhere else.

import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { keycloak } from '../fixtures/servers';

export interface Recorded {
  path: string;
  headers: IncomingHttpHeaders;
  form: URLSearchParams;
  status: number;
  answer: TokenAnswer;
}

export interface TokenAnswer {
  access_token?: string;
  id_token?: string;
  refresh_token?: string;
  token_type?: string;
  error?: string;
  error_description?: string;
}

export interface Recorder {
  /** The calls of the token endpoint with this grant, in order. */
  tokenCalls: (grant: 'authorization_code' | 'refresh_token') => Recorded[];
  pushedRequests: () => Recorded[];
  /** Whether requests keep their `Host` header, which a proxy that is set up wrongly replaces. */
  passHostOn: (passed: boolean) => void;
  /** For the next test. */
  reset: () => void;
  stop: () => Promise<void>;
}

const endpoints = '/realms/chat/protocol/openid-connect';
export const tokenPath = `${endpoints}/token`;
export const userinfoPath = `${endpoints}/userinfo`;
const pushedPath = `${endpoints}/ext/par/request`;

export async function startRecorder(): Promise<Recorder> {
  let recorded: Recorded[] = [];
  let passesHostOn = true;
  const server = createServer((incoming, outgoing) => {
    const host = passesHostOn ? incoming.headers.host : new URL(keycloak.itself.origin).host;
    forward(incoming, outgoing, host, (call) => recorded.push(call)).catch(() => outgoing.destroy());
  });
  server.listen(keycloak.recorder.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    tokenCalls: (grant) => recorded.filter(({ path, form }) => path === tokenPath && form.get('grant_type') === grant),
    pushedRequests: () => recorded.filter(({ path }) => path === pushedPath),
    passHostOn: (passed) => (passesHostOn = passed),
    reset: () => {
      recorded = [];
      passesHostOn = true;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function forward(
  incoming: IncomingMessage, outgoing: ServerResponse, host: string | undefined, keep: (call: Recorded) => void,
) {
  const { method, url: path = '/', headers } = incoming;
  const sent = await buffer(incoming);
  const forwarded = request({ host: '127.0.0.1', port: keycloak.itself.port, method, path, headers: { ...headers, host } });
  forwarded.end(sent);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  const body = await buffer(answer);
  const status = answer.statusCode!;
  if (method === 'POST' && [tokenPath, pushedPath].includes(path)) {
    keep({ path, headers, form: new URLSearchParams(sent.toString()), status, answer: JSON.parse(body.toString()) as TokenAnswer });
  }
  outgoing.writeHead(status, withoutTransport(answer.headers));
  outgoing.end(body);
}

/** The body is sent whole. */
function withoutTransport({ 'transfer-encoding': _, connection: __, ...headers }: IncomingHttpHeaders) {
  return headers;
}

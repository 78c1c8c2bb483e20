// The connection of one replica to one of its services, which can be cut: nothing passes any more, and neither end is notified.

import { connect, createServer, type Server, type Socket } from 'node:net';

import { freePort } from './processes';

export class Link {
  private isCut = false;
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(
    readonly port: number,
    private readonly target: number,
    private readonly server: Server,
  ) {}

  /** To what listens on this port of this machine. */
  static async to(target: number): Promise<Link> {
    const port = await freePort();
    const server = createServer();
    const link = new Link(port, target, server);
    server.on('connection', (client) => link.accept(client));
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return link;
  }

  cut() {
    this.isCut = true;
    for (const [client, service] of this.pairs) {
      client.unpipe(service);
      service.unpipe(client);
    }
  }

  /** What was sent meanwhile arrives now, as by TCP's retransmissions. */
  mend() {
    this.isCut = false;
    for (const pair of this.pairs) join(pair);
  }

  close() {
    this.server.close();
    for (const pair of this.pairs) pair.forEach((socket) => socket.destroy());
  }

  private accept(client: Socket) {
    const service = connect(this.target, '127.0.0.1');
    const pair: [Socket, Socket] = [client, service];
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => {
        this.pairs.delete(pair);
        pair.forEach((other) => other.destroy());
      });
    }
    if (!this.isCut) join(pair);
  }
}

function join([client, service]: [Socket, Socket]) {
  client.pipe(service);
  service.pipe(client);
}

/**
 * A client that takes no for an answer and asks again at once: run as a process of its own, with where and how in its
 * argument. Prints how it was answered when it is told to stop.
 */

import { Agent, request } from 'node:https';

/** What the process is given, as JSON. */
export interface FloodOrder {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly lanes: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as FloodOrder;
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: order.lanes });
const codes: Record<string, number> = {};
let running = true;

const ask = (method: string, body: string | undefined): Promise<void> =>
  new Promise((resolve) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port: order.port,
        path: order.path,
        method,
        headers: { authorization: `Bearer ${order.token}`, 'content-type': 'application/json' },
      },
      (incoming) => {
        const code = String(incoming.statusCode);
        codes[code] = (codes[code] ?? 0) + 1;
        incoming.resume();
        incoming.once('end', resolve);
      },
    );
    outgoing.once('error', () => resolve());
    outgoing.end(body);
  });

const lane = async (): Promise<void> => {
  while (running) {
    await ask('GET', undefined);
    await ask('POST', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"flood-"}}');
  }
};

process.stdin.once('data', () => {
  running = false;
});
await Promise.all(Array.from({ length: order.lanes }, lane));
console.log(JSON.stringify(codes));
process.exit(0);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOperatorClaims, openTokenSigner } from '../src/platform/tokens.ts';
import type { FloodOrder } from './flood.ts';
import { median, percentile, type Row, timed } from './measure.ts';
import { type RunningServer, startServer } from './server-process.ts';

/** Two tenants on one machine: what one of them feels while the other asks for everything, all the time. */

const LANES = 16;
const SAMPLES = 400;
const PAUSE_MS = 5;
const WARM_UP = 60;

interface Tenant {
  readonly email: string;
  readonly key: string;
  readonly path: string;
}

const post = async <Value>(
  server: RunningServer,
  path: string,
  body: unknown,
  token?: string,
): Promise<Value> => {
  const answer = await server.call('POST', path, { body, ...(token === undefined ? {} : { token }) });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Value;
};

const makeTenant = async (server: RunningServer, name: string, plan: string): Promise<Tenant> => {
  const credentials = { email: `${name}@example.com`, password: 'not so secret' };
  await post(server, '/v1/accounts', credentials);
  const { token } = await post<{ token: string }>(server, '/v1/sessions', credentials);
  const { key } = await post<{ key: string }>(server, '/v1/api-keys', { name }, token);
  const signer = await openTokenSigner(readFileSync(join(server.home, 'signing-key.json'), 'utf8'));
  const set = await server.call('PUT', `/operator/accounts/${credentials.email}/plan`, {
    token: await signer.sign(makeOperatorClaims(Date.now())),
    body: { plan },
  });
  if (set.status !== 200) throw new Error(`plan: ${set.status} ${set.text}`);
  const { id } = await post<{ id: string }>(server, '/v1/clusters', {}, key);
  return { email: credentials.email, key, path: `/clusters/${id}/api/v1/namespaces/default/configmaps` };
};

/** How long the quiet tenant waits for a read and a write, one after the other. */
const feel = async (server: RunningServer, { key, path }: Tenant, samples: number): Promise<number[]> => {
  const taken: number[] = [];
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'calm-' } };
  for (let count = 0; count < samples; count += 1) {
    taken.push(
      await timed(async () => {
        const answer = await (count % 2 === 0
          ? server.call('GET', `${path}/kube-root-ca.crt`, { token: key })
          : server.call('POST', path, { token: key, body }));
        if (answer.status >= 300) throw new Error(`the quiet tenant got ${answer.status}`);
      }),
    );
    await sleep(PAUSE_MS);
  }
  return taken;
};

const flood = (server: RunningServer, { key, path }: Tenant) => {
  const order: FloodOrder = { port: server.port, path, token: key, lanes: LANES };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return async (): Promise<Readonly<Record<string, number>>> => {
    const ended = once(child, 'exit');
    child.stdin.write('stop\n');
    await ended;
    return JSON.parse(text) as Record<string, number>;
  };
};

/** Latency of one tenant, alone and while another one on the smallest plan floods the server. */
export const tenantBenchmarks = async (): Promise<Row[]> => {
  const server = await startServer();
  try {
    const quiet = await makeTenant(server, 'quiet', 'team');
    const noisy = await makeTenant(server, 'noisy', 'free');
    await feel(server, quiet, WARM_UP);
    const alone = await feel(server, quiet, SAMPLES);
    const stop = flood(server, noisy);
    await sleep(1000);
    const crowded = await feel(server, quiet, SAMPLES);
    const codes = await stop();
    const refused = codes['429'] ?? 0;
    if (refused === 0) throw new Error('the flood was never refused');
    return [
      { name: 'tenants: alone, p50', unit: 'ms', value: median(alone) },
      { name: 'tenants: alone, p99', unit: 'ms', value: percentile(alone, 0.99) },
      { name: 'tenants: beside a flood at its limit, p50', unit: 'ms', value: median(crowded) },
      { name: 'tenants: beside a flood at its limit, p99', unit: 'ms', value: percentile(crowded, 0.99) },
    ];
  } finally {
    await server.stop();
  }
};

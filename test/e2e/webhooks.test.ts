/** Webhooks as a receiver meets them: signed, retried, logged, over a restart. */

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { call, freePort, makeHome, removeHome, type ServerAddress, startServer } from './support/server.ts';
import { makeTenant } from './support/tenant.ts';

/** The server as somebody else's: what other tests do is not heard here. */
let server: ServerAddress;
const SECRET = 'a long random text';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: readonly { readonly statusCode?: number; readonly error?: string }[];
  readonly nextAttemptAt: string | null;
}

/** As a receiver would: over what was received, with the time in it, in constant time in real life. */
const isGenuine = ({ headers, body }: Received, secret: string): boolean => {
  const parts = String(headers['kubicle-signature'])
    .split(',')
    .map((part) => part.split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return parts.some(([name, value]) => name === 'v1' && value === expected);
};

const received: Received[] = [];
/** Answers still to be given, by path; what is not listed is 200. */
const answers = new Map<string, number[]>();
let receiver: Server;
let origin = '';

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.statusCode = answers.get(path)?.shift() ?? 200;
      if (response.statusCode === 302) response.setHeader('location', `${origin}/elsewhere`);
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const shared = inject('server');
  server = { ...shared, apiKey: (await makeTenant(shared)).apiKey };
});

afterAll(() => {
  receiver.close();
});

const at = (path: string) => received.filter((one) => one.path === path);

const register = async (on: ServerAddress, path: string, more: Readonly<Record<string, unknown>> = {}) => {
  const body = { url: origin + path, events: ['*'], secret: SECRET, ...more };
  const made = await call(on, 'POST', '/v1/webhooks', { body });
  expect([made.status, made.text]).toEqual([201, expect.not.stringContaining(SECRET)]);
  return made.json<{ id: string }>().id;
};

const deliveriesOf = async (on: ServerAddress, id: string): Promise<readonly Delivery[]> =>
  (await call(on, 'GET', `/v1/webhooks/${id}/deliveries`)).json<{ items: Delivery[] }>().items;

const makeAndDelete = async (on: ServerAddress): Promise<string> => {
  const { id } = (await call(on, 'POST', '/v1/clusters', { body: { nodes: 0 } })).json<{ id: string }>();
  await call(on, 'DELETE', `/v1/clusters/${id}`);
  return id;
};

describe('webhooks', () => {
  it('hear what they asked for, signed', async () => {
    const id = await register(server, '/deleted', { events: ['cluster.deleted'] });
    const cluster = await makeAndDelete(server);
    await expect.poll(() => at('/deleted').length).toBe(1);
    const [first] = at('/deleted');
    if (first === undefined) throw new Error('nothing came');
    expect(JSON.parse(first.body)).toMatchObject({ type: 'cluster.deleted', data: { id: cluster } });
    expect([isGenuine(first, SECRET), isGenuine(first, 'another secret')]).toEqual([true, false]);
    expect(isGenuine({ ...first, body: first.body.replace('deleted', 'created') }, SECRET)).toBe(false);
    await expect.poll(async () => (await deliveriesOf(server, id))[0]?.status).toBe('delivered');
    expect((await deliveriesOf(server, id))[0]).toMatchObject({
      type: 'cluster.deleted',
      attempts: [{ statusCode: 200, answer: 'thanks' }],
    });
    await call(server, 'DELETE', `/v1/webhooks/${id}`);
  });

  it('are told again after a failure, and follow no redirect', async () => {
    answers.set('/flaky', [500, 302]);
    const id = await register(server, '/flaky', { events: ['cluster.created'] });
    await makeAndDelete(server);
    await expect.poll(() => at('/flaky').length).toBe(2);
    await expect
      .poll(async () => (await deliveriesOf(server, id))[0])
      .toMatchObject({ status: 'pending', attempts: [{ statusCode: 500 }, { statusCode: 302 }] });
    expect(at('/elsewhere')).toEqual([]);
    const [one, two] = at('/flaky');
    expect(one?.body).toBe(two?.body);
    expect(one?.headers['kubicle-delivery']).toBe(two?.headers['kubicle-delivery']);
    await call(server, 'DELETE', `/v1/webhooks/${id}`);
  });

  it('can be tried, repeated, switched off, and given another secret', async () => {
    const id = await register(server, '/tried');
    const path = `/v1/webhooks/${id}`;
    const pinged = (await call(server, 'POST', `${path}/ping`)).json<Delivery>();
    await expect.poll(() => at('/tried').length).toBe(1);
    const rotated = await call(server, 'POST', `${path}/rotate`, { body: { secret: 'the new one' } });
    expect(rotated.status).toBe(200);
    const again = await call(server, 'POST', `${path}/deliveries/${pinged.id}/redeliver`);
    expect(again.json<Delivery>().eventId).toBe(pinged.eventId);
    await expect.poll(() => at('/tried').length).toBe(2);
    const second = at('/tried')[1];
    if (second === undefined) throw new Error('nothing came');
    expect([isGenuine(second, SECRET), isGenuine(second, 'the new one')]).toEqual([true, true]);
    await call(server, 'POST', `${path}/rotate`, { body: { secret: 'the newest', overlapSeconds: 0 } });
    await call(server, 'POST', `${path}/ping`);
    await expect.poll(() => at('/tried').length).toBe(3);
    const third = at('/tried')[2];
    if (third === undefined) throw new Error('nothing came');
    expect([isGenuine(third, 'the new one'), isGenuine(third, 'the newest')]).toEqual([false, true]);
    await call(server, 'PATCH', path, { body: { enabled: false } });
    await makeAndDelete(server);
    expect(await deliveriesOf(server, id)).toHaveLength(3);
    await call(server, 'DELETE', path);
  });

  it('that are gone say so once', async () => {
    answers.set('/gone', [410]);
    const id = await register(server, '/gone', { events: ['cluster.created'] });
    await makeAndDelete(server);
    const read = async () => (await call(server, 'GET', `/v1/webhooks/${id}`)).json();
    await expect.poll(async () => (await read())['enabled']).toBe(false);
    expect(await read()).toMatchObject({ disabledReason: 'the receiver answered 410 Gone' });
    expect((await deliveriesOf(server, id))[0]?.status).toBe('failed');
    await call(server, 'DELETE', `/v1/webhooks/${id}`);
  });

  it('may not lead into the network of the server', async () => {
    for (const url of [
      'http://example.com/',
      'https://10.0.0.1/',
      'https://169.254.169.254/latest/meta-data',
      'https://metadata.internal/',
      'ftp://example.com/',
      'https://user:password@example.com/',
      `${server.url}/v1/me`,
      'nonsense',
    ]) {
      const refused = await call(server, 'POST', '/v1/webhooks', { body: { url, events: ['*'] } });
      expect([
        url,
        refused.status,
        refused.json<{ errors?: { path: string }[] }>().errors?.[0]?.path,
      ]).toEqual([url, 400, 'url']);
    }
  });

  it('hear of a cluster whose time was up', async () => {
    const id = await register(server, '/expired', { events: ['cluster.expired'] });
    const made = await call(server, 'POST', '/v1/clusters', { body: { nodes: 0, ttlSeconds: 1 } });
    await expect.poll(() => at('/expired').length).toBe(1);
    expect(JSON.parse(at('/expired')[0]?.body ?? '')).toMatchObject({ data: { id: made.json()['id'] } });
    await call(server, 'DELETE', `/v1/webhooks/${id}`);
  });
});

describe('the outbox', () => {
  it('survives a kill: what was owed is delivered after the next start', async () => {
    const home = makeHome();
    const port = await freePort();
    const first = await startServer(home, port);
    answers.set('/owed', [503]);
    const id = await register(first, '/owed', { events: ['cluster.deleted'] });
    await makeAndDelete(first);
    await expect.poll(() => at('/owed').length).toBe(1);
    await expect.poll(async () => (await deliveriesOf(first, id))[0]?.nextAttemptAt).not.toBeNull();
    await first.stop('SIGKILL');
    const second = await startServer(home, port);
    await expect.poll(() => at('/owed').length).toBe(2);
    await expect.poll(async () => (await deliveriesOf(second, id))[0]?.status).toBe('delivered');
    await second.stop();
    removeHome(home);
  });
});

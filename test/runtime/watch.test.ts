/** Watches over the hibernating socket: eviction, resumption, the alarm's part. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { bindings, call, makeAccount, makeCluster, migrate, readLines } from './front.ts';

beforeAll(migrate);

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

interface Event {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name?: string; readonly resourceVersion: string } };
}

const objectOf = (id: string): DurableObjectStub => bindings.CLUSTER.getByName(id);

const sockets = (id: string): Promise<number> =>
  runInDurableObject(objectOf(id), (_object, state) => state.getWebSockets().length);

const open = async () => {
  const token = await makeAccount();
  const { id, path } = await makeCluster(token);
  const create = (name: string) =>
    call('POST', path + CONFIG_MAPS, {
      token,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
    });
  const watch = async (query = '') => {
    const answer = await call('GET', `${path}${CONFIG_MAPS}?watch=true${query}`, { token });
    const lines = readLines(answer);
    const next = async (): Promise<Event | undefined> => {
      const line = await lines.next();
      return line === undefined ? undefined : (JSON.parse(line) as Event);
    };
    const until = async (name: string): Promise<Event> => {
      for (;;) {
        const event = await next();
        if (event === undefined) throw new Error(`the stream ended before ${name}`);
        if (event.object.metadata.name === name) return event;
      }
    };
    return { answer, next, until, cancel: lines.cancel };
  };
  return { token, id, path, create, watch };
};

describe('watch', () => {
  it('sends what exists, then what happens, uncompressed and untransformed', async () => {
    const { create, watch } = await open();
    await create('before');
    const stream = await watch();
    expect(stream.answer.status).toBe(200);
    expect(stream.answer.headers.get('content-type')).toBe('application/json');
    expect(stream.answer.headers.get('cache-control')).toContain('no-transform');
    expect(await stream.until('before')).toMatchObject({ type: 'ADDED' });
    await create('after');
    expect(await stream.until('after')).toMatchObject({ type: 'ADDED' });
    await stream.cancel();
  });

  it('sends its frames as protobuf, too', async () => {
    const { token, path, create } = await open();
    const answer = await call('GET', `${path}${CONFIG_MAPS}?watch=true`, {
      token,
      headers: { accept: 'application/vnd.kubernetes.protobuf' },
    });
    expect(answer.headers.get('content-type')).toBe('application/vnd.kubernetes.protobuf;stream=watch');
    await create('after');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (!text.includes('after')) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the stream ended');
      text += decoder.decode(value);
    }
    await reader.cancel();
  });

  it('answers plainly when it cannot start', async () => {
    const { path, token } = await open();
    const forbidden = await call('GET', `${path}${CONFIG_MAPS}?watch=true`);
    expect(forbidden.status).toBe(403);
    const unknown = await call('GET', `${path}/api/v1/nothings?watch=true`, { token });
    expect(unknown.status).toBe(404);
  });

  it('survives an eviction of the object, and gets what is written afterwards', async () => {
    const { id, create, watch } = await open();
    const stream = await watch();
    await create('first');
    await stream.until('first');
    await evictDurableObject(objectOf(id));
    await create('second');
    expect(await stream.until('second')).toMatchObject({ type: 'ADDED' });
    await stream.cancel();
  });

  it('ends cleanly when its socket is lost, and resumes from the last resource version', async () => {
    const { id, create, watch } = await open();
    const stream = await watch();
    await create('first');
    const { object } = await stream.until('first');
    await evictDurableObject(objectOf(id), { webSockets: 'close' });
    expect(await stream.next()).toBeUndefined();
    await create('second');
    const resumed = await watch(`&resourceVersion=${object.metadata.resourceVersion}`);
    expect((await resumed.next())?.object.metadata.name).toBe('second');
    await resumed.cancel();
  });

  it('ends after timeoutSeconds and leaves no socket behind', async () => {
    const { id, watch } = await open();
    const stream = await watch('&timeoutSeconds=1');
    while ((await stream.next()) !== undefined);
    await expect.poll(() => sockets(id)).toBe(0);
  });

  it('closes the socket when the client goes away', async () => {
    const { id, watch } = await open();
    const stream = await watch();
    await stream.next();
    expect(await sockets(id)).toBe(1);
    await stream.cancel();
    await expect.poll(() => sockets(id)).toBe(0);
  });

  it('ends for whoever opened it with a key that is revoked since, and for nobody else', async () => {
    const { token, id, path, watch } = await open();
    const other = await watch();
    const made = await call('POST', '/v1/api-keys', { token, body: { name: 'lent' } });
    const lent = (await made.json()) as { id: string; key: string };
    const lines = readLines(await call('GET', `${path}${CONFIG_MAPS}?watch=true`, { token: lent.key }));
    expect(await lines.next()).toContain('ADDED');
    expect(await sockets(id)).toBe(2);
    expect((await call('DELETE', `/v1/api-keys/${lent.id}`, { token })).status).toBe(204);
    while ((await lines.next()) !== undefined);
    await expect.poll(() => sockets(id)).toBe(1);
    await other.cancel();
  });

  it('of a log ends for whoever opened it with a key that is revoked since', async () => {
    const { token, path } = await open();
    const pods = `${path}/api/v1/namespaces/default/pods`;
    const spec = { containers: [{ name: 'main', image: 'nginx:1.27' }] };
    await call('POST', pods, {
      token,
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec },
    });
    const phase = async () =>
      ((await (await call('GET', `${pods}/web`, { token })).json()) as { status: { phase: string } }).status
        .phase;
    await expect.poll(phase, { timeout: 20_000 }).toBe('Running');
    const made = await call('POST', '/v1/api-keys', { token, body: { name: 'lent' } });
    const lent = (await made.json()) as { id: string; key: string };
    const lines = readLines(await call('GET', `${pods}/web/log?follow=true`, { token: lent.key }));
    expect(await lines.next()).toBeDefined();
    expect((await call('DELETE', `/v1/api-keys/${lent.id}`, { token })).status).toBe(204);
    while ((await lines.next()) !== undefined);
    expect(await phase()).toBe('Running');
  });

  it('keeps a subscription that is too large for an attachment', async () => {
    const { id, create, watch } = await open();
    const names = Array.from({ length: 900 }, (_, index) => `some-rather-long-value-${index}`).join(',');
    const stream = await watch(`&labelSelector=${encodeURIComponent(`app notin (${names})`)}`);
    await create('first');
    await stream.until('first');
    await evictDurableObject(objectOf(id));
    await create('second');
    await stream.until('second');
    await stream.cancel();
  });
});

describe('alarm', () => {
  const alarmOf = (id: string): Promise<number | null> =>
    runInDurableObject(objectOf(id), (_object, state) => state.storage.getAlarm());

  const deploy = (path: string, token: string) =>
    call('POST', `${path}/apis/apps/v1/namespaces/default/deployments`, {
      token,
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: 'nginx' }] },
          },
        },
      },
    });

  it('is never set while nobody watches, however much is due', async () => {
    const { id, path, token } = await open();
    expect((await deploy(path, token)).status).toBe(201);
    expect(await alarmOf(id)).toBeNull();
  });

  it('stands behind the timer while somebody watches, and finds its work after an eviction', async () => {
    const { id, path, token } = await open();
    const answer = await call('GET', `${path}/api/v1/namespaces/default/pods?watch=true`, { token });
    const lines = readLines(answer);
    expect((await deploy(path, token)).status).toBe(201);
    expect(await alarmOf(id)).not.toBeNull();
    await evictDurableObject(objectOf(id));
    await runDurableObjectAlarm(objectOf(id));
    expect(JSON.parse((await lines.next()) ?? '')).toMatchObject({ type: 'ADDED', object: { kind: 'Pod' } });
    await lines.cancel();
  });

  it('deletes a cluster whose time is up', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key, { ttlSeconds: 3600 });
    expect(await alarmOf(id)).toBeGreaterThan(Date.now() + 3_500_000);
    const short = await makeCluster(key, { ttlSeconds: 1 });
    await expect.poll(async () => (await call('GET', `${short.path}/api`, { token: key })).status).toBe(404);
    expect((await call('GET', `${path}/api`, { token: key })).status).toBe(200);
  });
});

describe('a client that upgrades', () => {
  it('gets one message a frame', async () => {
    const { id, token, path, create } = await open();
    await create('before');
    const answer = await call('GET', `${path}${CONFIG_MAPS}?watch=true`, {
      headers: {
        upgrade: 'websocket',
        'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${btoa(token).replaceAll('=', '')}, binary.k8s.io`,
      },
    });
    expect(answer.status).toBe(101);
    expect(answer.headers.get('sec-websocket-protocol')).toBe('binary.k8s.io');
    const socket = answer.webSocket as WebSocket;
    const names: (string | undefined)[] = [];
    socket.addEventListener('message', ({ data }) => {
      names.push((JSON.parse(String(data)) as Event).object.metadata.name);
    });
    socket.accept();
    await create('after');
    await expect.poll(() => names).toEqual(expect.arrayContaining(['before', 'after']));
    socket.close();
    await expect.poll(() => sockets(id)).toBe(0);
  });
});

describe('a rollout', () => {
  it('completes over an eviction of the object in its middle', async () => {
    const { id, path, token } = await open();
    const deployments = `${path}/apis/apps/v1/namespaces/default/deployments`;
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'nginx' }] },
        },
      },
    };
    const pause = (paused: boolean) => call('PATCH', `/v1/clusters/${id}/clock`, { token, body: { paused } });
    // Its middle lasts until the clock runs again.
    await pause(true);
    expect((await call('POST', deployments, { token, body })).status).toBe(201);
    const ready = async () => {
      const { status } = (await (await call('GET', `${deployments}/web`, { token })).json()) as {
        status: { readyReplicas?: number };
      };
      return status.readyReplicas;
    };
    await evictDurableObject(objectOf(id));
    expect(await ready()).not.toBe(4);
    await pause(false);
    await evictDurableObject(objectOf(id));
    await expect.poll(ready, {}).toBe(4);
  });
});

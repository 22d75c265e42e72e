/** `npm start` itself: files, refusals, stopping, starting again, and being killed. */

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner } from './support/kubectl.ts';
import {
  call,
  type FailedStart,
  freePort,
  makeHome,
  type RunningServer,
  removeHome,
  startServer,
} from './support/server.ts';

const running: RunningServer[] = [];
const homes: string[] = [];

const newHome = (): string => {
  const home = makeHome();
  homes.push(home);
  return home;
};

const start = async (home: string, port: number): Promise<RunningServer> => {
  const server = await startServer(home, port);
  running.push(server);
  return server;
};

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL');
  for (const home of homes.splice(0)) removeHome(home);
});

const kubectl = () => {
  const newest = findKubectls().at(-1);
  if (newest === undefined) throw new Error('no kubectl');
  return newest;
};

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

const isServerOf = (home: string): boolean => {
  const lock = join(home, 'server.json');
  if (!existsSync(lock)) return false;
  const { server } = JSON.parse(readFileSync(lock, 'utf8')) as { server: number };
  try {
    process.kill(server, 0);
    return true;
  } catch {
    return false;
  }
};

describe('npm start', () => {
  it('sets up the owner, says when it is ready, and continues where it stopped', async () => {
    const home = newHome();
    const port = await freePort();
    const server = await start(home, port);
    expect(server.output().trim().split('\n').at(-1)).toBe(`kubicle ready: https://127.0.0.1:${port}`);
    for (const secret of ['api-key', 'kubeconfig', 'ca.key', 'tls.key', 'signing-key.json']) {
      expect(modeOf(join(home, secret)), secret).toBe('600');
    }
    expect((await call(server, 'GET', '/readyz', { token: null })).status).toBe(200);
    const k = makeRunner(kubectl(), server.kubeconfig);
    expect((await k.ok('config', 'current-context')).trim()).toBe('playground');
    expect((await k.ok('auth', 'can-i', '*', '*')).trim()).toBe('yes');
    await k.ok('create', 'namespace', 'kept');
    const kubeconfig = readFileSync(server.kubeconfig, 'utf8');

    expect(await server.stop('SIGTERM')).toBe(0);
    expect(isServerOf(home)).toBe(false);
    const again = await start(home, port);
    expect(again.apiKey).toBe(server.apiKey);
    expect(readFileSync(again.kubeconfig, 'utf8')).toBe(kubeconfig);
    expect(await k.ok('get', 'namespace', 'kept')).toContain('Active');
    expect(await again.stop('SIGINT')).toBe(0);
  });

  it('gives its owner another API key when the file is lost, and nothing else is', async () => {
    const home = newHome();
    const port = await freePort();
    const server = await start(home, port);
    const kubeconfig = readFileSync(server.kubeconfig, 'utf8');
    await server.stop('SIGTERM');
    rmSync(join(home, 'api-key'));
    const again = await start(home, port);
    expect(again.apiKey).not.toBe(server.apiKey);
    expect(modeOf(join(home, 'api-key'))).toBe('600');
    expect(readFileSync(again.kubeconfig, 'utf8')).toBe(kubeconfig);
    const clusters = await call(again, 'GET', '/v1/clusters');
    expect((JSON.parse(clusters.text) as { items: { name: string }[] }).items).toMatchObject([
      { name: 'playground' },
    ]);
  });

  it('says so when the port is taken, or its state in use or from a newer version', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    const refusal = (home: string, at: number): Promise<FailedStart> =>
      startServer(home, at).then(
        () => Promise.reject(new Error('it started')),
        (failed: FailedStart) => failed,
      );
    const inUse = await refusal(newHome(), port);
    taken.close();
    expect(inUse.code).toBe(1);
    expect(inUse.output).toContain(`kubicle: port ${port} on 127.0.0.1 is already in use`);

    const home = newHome();
    const server = await start(home, await freePort());
    expect((await refusal(home, await freePort())).output).toContain('is running with the state in');
    await server.stop();
    const state = JSON.parse(readFileSync(join(home, 'state.json'), 'utf8')) as { format: number };
    writeFileSync(join(home, 'state.json'), JSON.stringify({ ...state, format: 99 }));
    const newer = await refusal(home, await freePort());
    expect(newer.code).toBe(1);
    expect(newer.output).toContain('is from a newer version of Kubicle');
  });

  it('keeps every acknowledged object over kill -9 in a storm of creates', async () => {
    const home = newHome();
    const port = await freePort();
    const server = await start(home, port);
    const cluster = await makeCluster(server);
    const path = `${cluster.path}/api/v1/namespaces/default/configmaps`;
    const acknowledged: string[] = [];
    let counter = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        counter += 1;
        const name = `storm-${counter}`;
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { name } };
        const answer = await call(server, 'POST', path, { body });
        if (answer.status === 201) acknowledged.push(name);
      }
    };
    const storm = Promise.allSettled(Array.from({ length: 16 }, lane));
    await expect.poll(() => acknowledged.length).toBeGreaterThan(50);
    const { server: runtime } = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as {
      server: number;
    };
    process.kill(runtime, 'SIGKILL');
    await storm;

    const again = await start(home, port);
    const list = await call(again, 'GET', `${path}?limit=100000`);
    const { items } = list.json<{ items: { metadata: { name: string } }[] }>();
    const there = new Set(items.map(({ metadata }) => metadata.name));
    expect(acknowledged.filter((name) => !there.has(name))).toEqual([]);
  });

  it('completes a rollout over a restart in its middle; watches end cleanly and resume', async () => {
    const home = newHome();
    const port = await freePort();
    const server = await start(home, port);
    const k = makeRunner(kubectl(), server.kubeconfig);
    await k.ok('create', 'deployment', 'web', '--image=nginx', '--replicas=6');
    await k.ok('rollout', 'status', 'deployment/web');
    const watch = k.start('get', 'pods', '-w');
    await expect.poll(() => watch.output().match(/Running/g)?.length ?? 0).toBeGreaterThanOrEqual(6);
    await k.ok('set', 'image', 'deployment/web', 'nginx=nginx:1.27');
    await server.stop('SIGTERM');
    const { code, stderr } = await watch.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const again = await start(home, port);
    const resumed = k.start('get', 'pods', '-w');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain('successfully rolled out');
    await expect.poll(() => k.ok('get', 'rs', '-o', 'wide')).toMatch(/ 6 +6 +6 .*nginx:1\.27/);
    await expect.poll(() => resumed.output()).toContain('Running');
    resumed.stop();
    await again.stop();
  });
});

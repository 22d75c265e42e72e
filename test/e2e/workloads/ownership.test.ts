/** Owners, orphans, disruption budgets and finalizers. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast' });
});

const uids = (selector: string) => stage.column('.metadata.uid', 'pods', '-l', selector);

const deploy = async (name: string, replicas: number): Promise<void> => {
  await stage.k.ok('create', 'deployment', name, '--image=nginx', `--replicas=${replicas}`);
  await stage.k.ok('rollout', 'status', `deployment/${name}`, '--timeout=40s');
};

describe('deletion', () => {
  it('with --cascade=orphan leaves the pods, which a new Deployment takes over', async () => {
    const { k } = stage;
    await deploy('kept', 3);
    const before = [...(await uids('app=kept'))].sort();
    await k.ok('delete', 'deployment', 'kept', '--cascade=orphan');
    expect(await stage.column('.metadata.ownerReferences', 'rs', '-l', 'app=kept')).toEqual(['']);
    await deploy('kept', 3);
    expect([...(await uids('app=kept'))].sort()).toEqual(before);
    await k.ok('delete', 'deployment', 'kept');
    await expect.poll(() => uids('app=kept')).toEqual([]);
  });

  it('with --cascade=foreground keeps the owner until its dependents are gone', async () => {
    const { k } = stage;
    await deploy('last', 2);
    const [name = ''] = await stage.column('.metadata.name', 'pods', '-l', 'app=last');
    await k.ok('patch', 'pod', name, '-p', '{"metadata":{"finalizers":["example.com/hold"]}}');
    await k.ok('delete', 'deployment', 'last', '--cascade=foreground', '--wait=false');
    await expect.poll(() => stage.column('.metadata.name', 'pods', '-l', 'app=last')).toEqual([name]);
    for (const kind of ['deployment', 'rs']) {
      expect(await stage.column('.metadata.finalizers[*]', kind, '-l', 'app=last')).toEqual([
        'foregroundDeletion',
      ]);
    }
    await k.ok('patch', 'pod', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await expect.poll(() => k.ok('get', 'deployment,rs,pods', '-l', 'app=last')).toBe('');
  });
});

describe('a pod', () => {
  it('is released when its labels change, and adopted when they change back', async () => {
    const { k } = stage;
    await deploy('free', 2);
    const [name = ''] = await stage.column('.metadata.name', 'pods', '-l', 'app=free');
    const owner = () => k.ok('get', 'pod', name, '-o', 'jsonpath={.metadata.ownerReferences[*].kind}');
    await k.ok('label', 'pod', name, 'app=other', '--overwrite');
    await expect.poll(owner).toBe('');
    await expect.poll(async () => (await uids('app=free')).length).toBe(2);
    await k.ok('label', 'pod', name, 'app=free', '--overwrite');
    await expect.poll(async () => (await uids('app=free')).length).toBe(2);
    const kept = await stage.column('.metadata.ownerReferences[0].kind', 'pods', '-l', 'app=free');
    expect(kept).toEqual(['ReplicaSet', 'ReplicaSet']);
    await k.ok('delete', 'deployment', 'free');
  });
});

describe('a disruption budget', () => {
  it('holds up a drain until there is room elsewhere', async () => {
    const { k } = stage;
    await deploy('guarded', 2);
    await k.ok('create', 'pdb', 'guard', '--selector=app=guarded', '--min-available=2');
    await expect.poll(() => k.ok('get', 'pdb', 'guard')).toMatch(/guard +2 +N\/A +0 /);
    const [node = ''] = await stage.column('.spec.nodeName', 'pods', '-l', 'app=guarded');
    const blocked = await stage.fails('drain', node, '--ignore-daemonsets', '--timeout=12s');
    const refusals = blocked.stderr.match(
      /error when evicting pods\/"guarded-\S+" -n "default" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./g,
    );
    expect(refusals?.length).toBeGreaterThanOrEqual(2);
    expect(blocked.stderr).toContain('global timeout reached: 12s');
    expect(await k.ok('get', 'node', node)).toMatch(/Ready,SchedulingDisabled/);
    const drain = k.start('drain', node, '--ignore-daemonsets', '--timeout=60s');
    await k.ok('scale', 'deployment/guarded', '--replicas=3');
    expect(await drain.ended).toMatchObject({ code: 0 });
    expect(drain.output()).toContain(`node/${node} drained\n`);
    expect(await stage.column('.spec.nodeName', 'pods', '-l', 'app=guarded')).not.toContain(node);
    await k.ok('uncordon', node);
    await k.ok('delete', 'deployment/guarded', 'pdb/guard');
  });
});

describe('a namespace', () => {
  it('stays Terminating while something in it has a finalizer, says so, and goes when it is released', async () => {
    const { k } = stage;
    await k.ok('create', 'namespace', 'stuck');
    await stage.apply(`
apiVersion: v1
kind: ConfigMap
metadata: {name: held, namespace: stuck, finalizers: [example.com/hold]}
`);
    await k.ok('create', 'deployment', 'web', '--image=nginx', '-n', 'stuck');
    expect(await k.ok('delete', 'namespace', 'stuck', '--wait=false')).toBe('namespace "stuck" deleted\n');
    await stage.advance(60);
    expect(await k.ok('get', 'namespace', 'stuck')).toMatch(/stuck +Terminating /);
    expect(await k.ok('describe', 'namespace', 'stuck')).toMatch(
      /NamespaceFinalizersRemaining +True +.*SomeFinalizersRemain +Some content in the namespace has finalizers remaining: example\.com\/hold in 1 resource instances/,
    );
    expect(await stage.column('.metadata.name', 'pods', '-n', 'stuck')).toEqual([]);
    const refused = await stage.fails('create', 'configmap', 'late', '-n', 'stuck');
    expect(refused.stderr).toContain('because it is being terminated');
    await k.ok(
      'patch',
      'cm',
      'held',
      '-n',
      'stuck',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    );
    await expect.poll(async () => (await k.run(['get', 'namespace', 'stuck'])).stderr).toContain('not found');
  });
});

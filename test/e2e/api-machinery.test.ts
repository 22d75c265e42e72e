/** What kubectl asks of the API machinery, with the oldest and the newest kubectl at hand. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { configMap, deployment, KUSTOMIZATION, WIDGET, WIDGETS } from './support/manifests.ts';

const server = inject('server');
const kubectls = findKubectls();
const ends =
  kubectls.length < 2 ? kubectls : [kubectls[0], kubectls.at(-1)].filter((one) => one !== undefined);

const EXPLAINED: readonly (readonly [path: string, said: RegExp])[] = [
  ['pod.spec.containers', /FIELD: containers <\[\]Container>/],
  ['deployment.spec.strategy.rollingUpdate', /maxSurge\s+<IntOrString>/],
  ['service.spec.type', /ENUM:|ClusterIP/],
  ['configmap.data', /<map\[string\]string>/],
  ['node.status.allocatable', /<map\[string\]Quantity>/],
  ['cronjob.spec', /schedule\s+<string> -required-/],
  ['ingress.spec.rules', /<\[\]IngressRule>/],
  ['networkpolicy', /GROUP: +networking.k8s.io/],
  ['persistentvolumeclaim.spec', /storageClassName/],
  ['role.rules', /<\[\]PolicyRule>/],
];

describe.each(ends)('kubectl $version', (kubectl) => {
  let k: Runner;
  let folder: string;

  const feed = async (args: readonly string[], input: string): Promise<string> => {
    const { code, stdout, stderr } = await k.run([...args, '-f', '-'], { input });
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
    return (stdout + stderr).trim();
  };
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const read = (path: string, ...what: string[]): Promise<string> =>
    k.ok('get', ...what, '-o', `jsonpath={${path}}`);

  beforeAll(async () => {
    folder = mkdtempSync(join(server.home, 'machinery-'));
    k = makeRunner(kubectl, await (await makeCluster(server)).kubeconfig());
  });

  describe('apply', () => {
    it('creates, leaves alone, changes and removes', async () => {
      expect(await feed(['apply'], configMap('one', { a: '1', b: '1' }))).toBe('configmap/one created');
      expect(await feed(['apply'], configMap('one', { a: '1', b: '1' }))).toBe('configmap/one unchanged');
      expect(await feed(['apply'], configMap('one', { a: '2' }))).toBe('configmap/one configured');
      expect(JSON.parse(await read('.data', 'cm', 'one'))).toEqual({ a: '2' });
      expect(await feed(['apply'], deployment('idle', 0))).toBe('deployment.apps/idle created');
      expect(await feed(['apply'], deployment('idle', 0))).toBe('deployment.apps/idle unchanged');
    });

    it('on the server, with conflicts', async () => {
      const ssa = ['apply', '--server-side'];
      expect(await feed(ssa, configMap('two', { a: '1' }))).toBe('configmap/two serverside-applied');
      const other = [...ssa, '--field-manager=other'];
      const refused = await k.run([...other, '-f', '-'], { input: configMap('two', { a: '2' }) });
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.a');
      expect(await feed([...other, '--force-conflicts'], configMap('two', { a: '2' }))).toBe(
        'configmap/two serverside-applied',
      );
      expect(await feed(ssa, configMap('two', { b: '1' }))).toBe('configmap/two serverside-applied');
      expect(JSON.parse(await read('.data', 'cm', 'two'))).toEqual({ a: '2', b: '1' });
      const managers = await k.ok('get', 'cm', 'two', '-o', 'yaml', '--show-managed-fields');
      expect(managers).toMatch(/manager: other\n +operation: Apply/);
    });

    it('takes over what client-side apply owned', async () => {
      await feed(['apply'], configMap('three', { a: '1', b: '1' }));
      await feed(['apply', '--server-side'], configMap('three', { a: '1' }));
      expect(JSON.parse(await read('.data', 'cm', 'three'))).toEqual({ a: '1' });
    });

    it('prunes', async () => {
      const both = `${configMap('p1', { a: '1' }, 'set: p')}---\n${configMap('p2', { a: '1' }, 'set: p')}`;
      const prune = ['apply', '--prune', '-l', 'set=p', '--prune-allowlist=core/v1/ConfigMap'];
      await feed(prune, both);
      expect(await feed(prune, configMap('p1', { a: '1' }, 'set: p'))).toContain('configmap/p2 pruned');
      expect((await k.ok('get', 'cm', '-l', 'set=p', '-o', 'name')).trim()).toBe('configmap/p1');
    });

    it('shows what would change', async () => {
      const same = await k.run(['diff', '-f', '-'], { input: configMap('one', { a: '2' }) });
      expect([same.code, same.stdout]).toEqual([0, '']);
      const differs = await k.run(['diff', '-f', '-'], { input: configMap('one', { a: '3' }) });
      expect(differs.code).toBe(1);
      expect(differs.stdout).toMatch(/^- {2}a: "2"\n\+ {2}a: "3"$/m);
      const applied = await k.run(['diff', '--server-side', '--force-conflicts', '-f', '-'], {
        input: configMap('two', { a: '9' }),
      });
      expect(applied.code, applied.stderr).toBe(1);
    });

    it('a kustomization', async () => {
      for (const [name, text] of Object.entries(KUSTOMIZATION)) file(name, text);
      const said = await k.ok('apply', '-k', folder);
      expect(said).toMatch(/configmap\/kz-settings-\w+ created/);
      expect(said).toContain('deployment.apps/kz-web created');
      expect(await read('.metadata.annotations.team', 'deployment', 'kz-web')).toBe('shop');
    });
  });

  describe('changes', () => {
    it('replaces', async () => {
      expect(await feed(['replace'], configMap('one', { z: '1' }))).toBe('configmap/one replaced');
      expect(JSON.parse(await read('.data', 'cm', 'one'))).toEqual({ z: '1' });
      expect(await feed(['replace', '--force'], configMap('one', { z: '2' }))).toContain(
        'configmap/one replaced',
      );
      const missing = await k.run(['replace', '-f', '-'], { input: configMap('nobody', {}) });
      expect(missing.stderr).toContain('configmaps "nobody" not found');
    });

    it('patches in three ways', async () => {
      const patch = (type: string, text: string, ...more: string[]) =>
        k.ok('patch', 'deployment', 'idle', `--type=${type}`, '-p', text, ...more);
      const side = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}';
      expect(await patch('strategic', side)).toContain('deployment.apps/idle patched');
      expect(await read('.spec.template.spec.containers[*].name', 'deployment', 'idle')).toBe('side main');
      expect(await patch('merge', '{"metadata":{"labels":{"x":"1","app":null}}}')).toContain('patched');
      expect(JSON.parse(await read('.metadata.labels', 'deployment', 'idle'))).toEqual({ x: '1' });
      const remove =
        '[{"op":"test","path":"/spec/replicas","value":0},{"op":"remove","path":"/metadata/labels/x"}]';
      expect(await patch('json', remove)).toContain('patched');
      expect(await patch('json', '[{"op":"add","path":"/metadata/labels","value":{}}]')).toContain('patched');
      expect(await patch('merge', '{"spec":{"replicas":0}}')).toContain('patched (no change)');
      const wrong = await k.run([
        'patch',
        'deployment',
        'idle',
        '--type=json',
        '-p',
        '[{"op":"remove","path":"/nope"}]',
      ]);
      expect(wrong.stderr).toContain('the server rejected our request due to an error in our request');
    });

    it('patches, edits and gets subresources', async () => {
      const scaled = await k.ok(
        'patch',
        'deployment',
        'idle',
        '--subresource=scale',
        '--type=merge',
        '-p',
        '{"spec":{"replicas":1}}',
      );
      expect(scaled).toContain('idle patched');
      expect(await k.ok('get', 'deployment', 'idle', '--subresource=scale')).toMatch(
        /^NAME +DESIRED +AVAILABLE +AGE\nidle +1 +/,
      );
      await k.ok(
        'patch',
        'deployment',
        'idle',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"collisionCount":7},"spec":{"replicas":5}}',
      );
      expect(await read('.spec.replicas', 'deployment', 'idle')).toBe('1');
      await k.ok('scale', 'deployment', 'idle', '--replicas=0', '--current-replicas=1');
    });

    it('edits', async () => {
      const edited = await k.run(['edit', 'configmap', 'one'], {
        env: { KUBE_EDITOR: `sed -i 's/z: "2"/z: "3"/'` },
      });
      expect(edited.stdout, edited.stderr).toContain('configmap/one edited');
      expect(JSON.parse(await read('.data', 'cm', 'one'))).toEqual({ z: '3' });
      const same = await k.run(['edit', 'configmap', 'one'], { env: { KUBE_EDITOR: 'true' } });
      expect(same.stdout + same.stderr).toContain('Edit cancelled, no changes made.');
    });

    it('labels and annotates what selectors choose', async () => {
      for (const name of ['s1', 's2', 's3']) await feed(['apply'], configMap(name, {}, `nr: ${name}`));
      expect(await k.ok('label', 'cm', '-l', 'nr in (s1,s2)', 'tier=front')).toBe(
        'configmap/s1 labeled\nconfigmap/s2 labeled\n',
      );
      expect((await k.run(['label', 'cm', 's1', 'tier=back'])).stderr).toContain(
        "'tier' already has a value (front)",
      );
      expect(await k.ok('label', 'cm', 's1', 'tier=back', '--overwrite')).toContain('labeled');
      expect(await k.ok('label', 'cm', 's1', 'tier-')).toContain('unlabeled');
      expect(await k.ok('annotate', 'cm', '-l', 'tier', 'note=x')).toBe('configmap/s2 annotated\n');
      expect(await k.ok('get', 'cm', '-l', 'nr!=s3,nr', '-L', 'tier')).toMatch(/TIER\ns1 .*\ns2 .* front\n/);
    });

    it('tries on the server without doing', async () => {
      expect(await feed(['create', '--dry-run=server'], configMap('dry', {}))).toBe(
        'configmap/dry created (server dry run)',
      );
      const shown = await feed(['apply', '--dry-run=server', '-o', 'yaml'], deployment('dry', 1));
      expect(shown).toContain('terminationGracePeriodSeconds: 30');
      expect((await k.run(['get', 'cm', 'dry'])).stderr).toContain('configmaps "dry" not found');
      const strict = await k.run(['create', '--validate=strict', '-f', '-'], {
        input: `${configMap('dry', {})}nope: 1\n`,
      });
      expect(strict.stderr).toContain('strict decoding error: unknown field "nope"');
    });
  });

  describe('reads', () => {
    it('in every form', async () => {
      const get = (...args: string[]) => k.ok('get', ...args);
      expect(await get('deployment', 'kz-web', '-o', 'wide')).toMatch(
        /CONTAINERS +IMAGES +SELECTOR\n.* main +nginx:1.27 +app=web/,
      );
      expect(JSON.parse(await get('deployment', 'kz-web', '-o', 'json'))).toMatchObject({
        kind: 'Deployment',
      });
      expect(await get('deployment', 'kz-web', '-o', 'yaml')).toMatch(
        /^apiVersion: apps\/v1\nkind: Deployment\n/,
      );
      expect(await get('cm', 's1', 's2', '-o', 'name')).toBe('configmap/s1\nconfigmap/s2\n');
      expect(
        await get('cm', '-l', 'nr', '-o', 'custom-columns=NAME:.metadata.name,N:.metadata.labels.nr'),
      ).toBe('NAME   N\ns1     s1\ns2     s2\ns3     s3\n');
      expect(
        await get('cm', '-l', 'nr', '--sort-by=.metadata.labels.nr', '--no-headers', '-o', 'name'),
      ).toContain('s3');
      const byTime = await get('cm', '-l', 'nr', '--sort-by={.metadata.name}', '--show-labels');
      expect(byTime).toMatch(/s1 .*nr=s1\ns2 .*\ns3 /);
      expect(await get('cm', '--field-selector=metadata.name=s2', '-o', 'name')).toBe('configmap/s2\n');
      const unknown = await k.run(['get', 'cm', '--field-selector=data.a=1']);
      expect(unknown.stderr).toContain('is not a known field selector: only "metadata.name"');
      expect(await get('pods', '-A', '--field-selector=status.phase=Unknown', '-o', 'name')).toBe('');
      const whole = await get('cm', '-A', '-o', 'name');
      expect(await get('cm', '-A', '-o', 'name', '--chunk-size=2')).toBe(whole);
      expect(await get('all')).toContain('deployment.apps/kz-web');
      expect(await get('--raw', '/api/v1/namespaces/default/configmaps/s1')).toContain('"kind":"ConfigMap"');
      expect((await k.run(['get', 'nonsense'])).stderr).toContain(
        `the server doesn't have a resource type "nonsense"`,
      );
    });

    it('what can be done', async () => {
      const listed = await k.ok('api-resources', '--verbs=list,watch', '--namespaced=false', '-o', 'name');
      expect(listed).toContain('nodes\n');
      expect(listed).not.toContain('tokenreviews');
      expect(await k.ok('api-resources', '--api-group=apps', '-o', 'wide', '--sort-by=name')).toMatch(
        /deployments +deploy +apps\/v1 +true +Deployment +create,delete,deletecollection,get,list,patch,update,watch +all/,
      );
      expect((await k.ok('api-versions')).split('\n')).toContain('apps/v1');
    });

    it.each(EXPLAINED)('explains %s', async (path, said) => {
      expect(await k.ok('explain', path)).toMatch(said);
    });

    it('describes', async () => {
      expect(await k.ok('describe', 'cm', 's1')).toMatch(/Name: +s1\nNamespace: +default/);
      expect(await k.ok('describe', 'deployment', 'kz-web')).toMatch(/Selector: +app=web\n/);
      expect(await k.ok('describe', 'nodes')).toMatch(/Allocated resources:/);
      expect(await k.ok('events', '-A')).toMatch(/LAST SEEN|No events/i);
    });
  });

  describe('custom kinds', () => {
    it('are served as soon as they are defined', async () => {
      expect(await feed(['apply', '--server-side'], WIDGETS)).toContain('serverside-applied');
      expect(
        await k.ok('wait', '--for=condition=Established', 'crd/widgets.parts.example.com', '--timeout=40s'),
      ).toContain('condition met');
      expect(await feed(['apply', '--validate=strict'], WIDGET)).toBe(
        'widget.parts.example.com/gear created',
      );
      expect(await feed(['apply', '--server-side', '--force-conflicts'], WIDGET)).toContain(
        'serverside-applied',
      );
      expect(await k.ok('get', 'wd')).toMatch(/^NAME +COLOUR\ngear +red\n/);
      expect(await k.ok('get', 'all')).toContain('widget.parts.example.com/gear');
      const explained = await k.ok('explain', 'widget.spec.colour');
      expect(explained).toContain('What it is painted in');
      // kubectl 1.29 does not print the values of an enumeration yet.
      if (kubectl.version !== '1.29') expect(explained).toContain('ENUM:');
      await k.ok('scale', 'widget', 'gear', '--replicas=4');
      expect(await read('.spec.count', 'wd', 'gear')).toBe('4');
      const wrong = await k.run(['patch', 'wd', 'gear', '--type=merge', '-p', '{"spec":{"colour":"blue"}}']);
      expect(wrong.stderr).toContain('Unsupported value: "blue": supported values: "red", "green"');
      expect(await feed(['apply'], WIDGET.replace('red', 'green'))).toBe(
        'widget.parts.example.com/gear configured',
      );
      await k.ok('delete', 'crd', 'widgets.parts.example.com');
      expect((await k.run(['get', 'wd'])).code).toBe(1);
    });
  });

  describe('waiting and deleting', () => {
    it('waits', async () => {
      await k.ok('create', 'deployment', 'busy', '--image=nginx', '--replicas=2');
      expect(await k.ok('wait', '--for=condition=Available', 'deployment/busy', '--timeout=40s')).toContain(
        'condition met',
      );
      expect(
        await k.ok('wait', `--for=jsonpath={.status.readyReplicas}=2`, 'deployment/busy', '--timeout=40s'),
      ).toContain('condition met');
      const late = await k.run(['wait', '--for=condition=Never', 'deployment/busy', '--timeout=1s']);
      expect(late.stderr).toContain('timed out waiting for the condition');
    });

    it.each([
      ['orphan', 2],
      ['background', 0],
      ['foreground', 0],
    ])('--cascade=%s', async (how, left) => {
      const name = `gone-${how}`;
      await k.ok('create', 'deployment', name, '--image=nginx', '--replicas=2');
      await k.ok('rollout', 'status', `deployment/${name}`, '--timeout=40s');
      expect(await k.ok('delete', 'deployment', name, `--cascade=${how}`)).toContain(
        `deployment.apps "${name}" deleted`,
      );
      const sets = async () => (await k.ok('get', 'rs', '-l', `app=${name}`, '-o', 'name')).trim();
      if (left === 0) {
        await expect.poll(sets).toBe('');
        await expect.poll(() => k.ok('get', 'pods', '-l', `app=${name}`, '-o', 'name')).toBe('');
        return;
      }
      expect(await sets()).toContain(`replicaset.apps/${name}-`);
      expect(await read('.items[*].metadata.ownerReferences', 'rs', '-l', `app=${name}`)).toBe('');
      expect((await k.ok('get', 'pods', '-l', `app=${name}`, '-o', 'name')).trim().split('\n')).toHaveLength(
        left,
      );
    });

    it('by selector and all', async () => {
      expect(await k.ok('delete', 'cm', '-l', 'nr in (s1,s2)')).toMatch(/"s1" deleted.*\n.*"s2" deleted/);
      await k.ok('delete', 'cm', '--all', '--dry-run=server');
      expect(await k.ok('get', 'cm', '-o', 'name')).toContain('configmap/s3');
      await k.ok('delete', 'deployment', '--all', '--wait=false');
      expect((await k.run(['delete', 'cm', 'nobody'])).stderr).toContain('configmaps "nobody" not found');
      expect(await k.ok('delete', 'cm', 'nobody', '--ignore-not-found')).toBe('');
    });
  });
});

import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const PREFIX = 'pod-security.kubernetes.io';
const dev = { username: 'dev', groups: ['system:masters'] };

const configuration = (defaults: object, exemptions: object = {}) => ({
  apiVersion: 'pod-security.admission.config.k8s.io/v1',
  kind: 'PodSecurityConfiguration',
  defaults,
  exemptions,
});

const open = (given?: object, labels: object = {}): Harness => {
  const cluster = new Harness({ settings: { nodes: [] } });
  if (given !== undefined) {
    expect(cluster.cluster.podSecurity({ configuration: given }).problems).toEqual([]);
  }
  cluster.expect(201, 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'held', labels } } });
  cluster.settle(10_000);
  return cluster;
};

const run = (cluster: Harness, spec: object = {}, as = dev) =>
  cluster.request('POST', '/api/v1/namespaces/held/pods', {
    as,
    body: {
      metadata: { generateName: 'p-' },
      spec: { hostPID: true, containers: [{ name: 'c', image: 'nginx' }], ...spec },
    },
  });

const notes = (cluster: Harness) =>
  cluster.cluster.audit.page({ resource: 'pods', verbs: ['create'] }).events[0]?.annotations ?? {};

describe('Pod Security as a cluster is configured', () => {
  test('asks nothing unless a namespace does', () => {
    expect(run(open()).status).toBe(201);
  });

  test('defaults hold for namespaces without labels, and labels go before them', () => {
    const baseline = configuration({ enforce: 'baseline' });
    expect(run(open(baseline)).status).toBe(403);
    expect(run(open(baseline, { [`${PREFIX}/enforce`]: 'privileged' })).status).toBe(201);
  });

  test('users, namespaces and runtime classes are let through, and the audit log says so', () => {
    const table = [
      [{ usernames: ['dev'] }, {}, 'user'],
      [{ namespaces: ['held'] }, {}, 'namespace'],
      [{ runtimeClasses: ['sandbox'] }, { runtimeClassName: 'sandbox' }, 'runtimeClass'],
    ] as const;
    for (const [exemptions, spec, why] of table) {
      const cluster = open(configuration({ enforce: 'restricted' }, exemptions));
      cluster.expect(201, 'POST', '/apis/node.k8s.io/v1/runtimeclasses', {
        body: { metadata: { name: 'sandbox' }, handler: 'sandbox' },
      });
      expect(run(cluster, spec).status).toBe(201);
      expect(notes(cluster)[`${PREFIX}/exempt`]).toBe(why);
      if (why === 'user') expect(run(cluster, {}, { ...dev, username: 'eve' }).status).toBe(403);
    }
  });

  test('labels of an exempt namespace are told to be without effect', () => {
    const cluster = open(configuration({}, { namespaces: ['held', 'other'] }));
    const made = cluster.request('POST', '/api/v1/namespaces', {
      body: { metadata: { name: 'other', labels: { [`${PREFIX}/enforce`]: 'restricted' } } },
    });
    expect(made.headers['Warning']).toContain(
      'is exempt from Pod Security, and the policy (enforce=restricted:latest, warn=restricted:latest) will be ignored',
    );
  });

  test('it survives an eviction, and goes back', () => {
    const cluster = open(configuration({ enforce: 'baseline' }));
    cluster.evict();
    expect(run(cluster).status).toBe(403);
    expect(cluster.cluster.podSecurity({ configuration: undefined }).isDefault).toBe(true);
    expect(run(cluster).status).toBe(201);
  });

  test.each([
    [configuration({ enforce: 'strict' }), 'defaults.enforce: Invalid value: "strict"'],
    [configuration({ 'warn-version': '1.2' }), 'defaults.warn-version: Invalid value: "1.2"'],
    [configuration({}, { usernames: ['a', 'a'] }), 'exemptions.usernames[1]: Duplicate value: "a"'],
    [configuration({}, { users: [] }), 'unknown field "exemptions.users"'],
    [{}, 'apiVersion must be'],
    [null, 'a configuration is an object'],
  ])('%j is refused', (given, problem) => {
    const { problems } = new Harness({ actors: [] }).cluster.podSecurity({ configuration: given });
    expect(problems[0]).toContain(problem);
  });

  test.each(['latest', ...Array.from({ length: 37 }, (_, minor) => `v1.${minor}`), 'v1.99'])(
    'version %s is known at every level',
    (version) => {
      const labels = {
        [`${PREFIX}/enforce`]: 'baseline',
        [`${PREFIX}/enforce-version`]: version,
        [`${PREFIX}/warn`]: 'restricted',
        [`${PREFIX}/warn-version`]: version,
      };
      const cluster = open(undefined, labels);
      expect(run(cluster).json).toMatchObject({
        message: expect.stringContaining(`violates PodSecurity "baseline:${version}": host namespaces`),
      });
      const allowed = run(cluster, { hostPID: false });
      expect(allowed.headers['Warning']).toContain(`would violate PodSecurity \\"restricted:${version}\\"`);
    },
  );
});

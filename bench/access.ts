import { binding, open, role, user } from '../test/support/access.ts';
import { Harness } from '../test/support/harness.ts';
import { median, type Row } from './measure.ts';

/** Authorization and audit: a check among many bindings, and what they cost a request. */

const BINDINGS = 1000;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';

const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };

/** A cluster with so many bindings; the last one lets `bench-user` read. */
const makeCluster = (): Harness => {
  const cluster = new Harness({ settings: { nodes: [] }, actors: [] });
  cluster.expect(201, 'POST', `${RBAC}/namespaces/default/roles`, {
    body: {
      metadata: { name: 'reader' },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }],
    },
  });
  for (let index = 1; index <= BINDINGS; index += 1) {
    const name = index === BINDINGS ? 'bench-user' : `user-${index}`;
    cluster.expect(201, 'POST', `${RBAC}/namespaces/default/rolebindings`, {
      body: {
        metadata: { name: `b-${index}` },
        roleRef,
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }],
      },
    });
  }
  for (let index = 0; index < 500; index += 1) {
    cluster.expect(201, 'POST', MAPS, {
      body: { metadata: { name: `c-${index}` }, data: { a: 'x'.repeat(900) } },
    });
  }
  return cluster;
};

const ROUNDS = 9;
const CALLS = 2000;

/** Microseconds of processor time a call takes: other programs on the machine do not count. */
const cost = (work: (index: number) => unknown): number => {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    for (let index = 0; index < CALLS; index += 1) work(index);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / CALLS;
  });
  return median(rounds);
};

const reviewOf = (name: string) => ({
  spec: {
    user: 'bench-user',
    resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: 'default', name },
  },
});

/** All rows of this file. */
export const accessBenchmarks = async (): Promise<readonly Row[]> => {
  const cluster = makeCluster();
  const as = { username: 'bench-user', groups: ['system:authenticated'] };
  const root = { username: 'root', groups: ['system:masters'] };
  const { authorizer } = open([
    role('reader', 'default', { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }),
    ...Array.from({ length: BINDINGS }, (_, index) =>
      binding(
        `b-${index}`,
        'default',
        'Role/reader',
        user(index + 1 === BINDINGS ? 'bench-user' : `user-${index}`),
      ),
    ),
  ]);
  const ask = (name: string) =>
    authorizer.authorize(as, { verb: 'get', group: '', resource: 'configmaps', namespace: 'default', name });
  let fresh = 0;
  const cold = cost(() => ask(`new-${fresh++}`));
  const warm = cost((index) => ask(`c-${index % 500}`));
  const get = (who: typeof as) =>
    cost((index) => cluster.request('GET', `${MAPS}/c-${index % 500}`, { as: who }));
  get(root);
  const bare = get(root);
  const full = get(as);
  const reviews = cost((index) =>
    cluster.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      body: reviewOf(`c-${index}`),
    }),
  );
  return [
    { name: 'access: check with 1,000 bindings, not asked before', unit: 'µs', value: cold, target: 20 },
    { name: 'access: check with 1,000 bindings, asked before', unit: 'µs', value: warm, target: 20 },
    { name: 'access: get without a rule asked (superuser)', unit: 'µs', value: bare },
    {
      name: 'access: the same get, authorized by the last of 1,000 bindings',
      unit: 'µs',
      value: full,
      target: bare * 1.1,
    },
    { name: 'access: SubjectAccessReview', unit: 'µs', value: reviews },
  ];
};

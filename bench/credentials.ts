/** What it costs to know who asks and what they may, and to sign. */

import signingRequests from '../test/golden/signing-requests.json' with { type: 'json' };
import { Harness } from '../test/support/harness.ts';
import type { Row } from './measure.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';
const CORE = '/api/v1/namespaces/default';
const BINDINGS = 1000;
const ROUNDS = 20;
const CALLS = 1000;

/** Microseconds of processor time a call takes, in the best of some rounds: other work on the machine does not count. */
const cost = (work: () => unknown, calls = CALLS): number => {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage().user;
    for (let call = 0; call < calls; call += 1) work();
    return process.cpuUsage().user - before;
  });
  return Math.min(...rounds) / calls;
};

const meta = (name: string) => ({ apiVersion: `${GROUP}/v1`, metadata: { name } });

/** A cluster in which an account may read ConfigMaps, among many bindings for others. */
const makeCluster = (): { readonly cluster: Harness; readonly token: string } => {
  const cluster = new Harness({ settings: { nodes: [] } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
  cluster.expect(201, 'POST', `${CORE}/serviceaccounts`, { body: account });
  const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }];
  cluster.expect(201, 'POST', `${RBAC}/clusterroles`, {
    body: { ...meta('reader'), kind: 'ClusterRole', rules },
  });
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'reader' };
  for (let index = 0; index < BINDINGS; index += 1) {
    const subject =
      index === BINDINGS - 1
        ? { kind: 'ServiceAccount', name: 'bot', namespace: 'default' }
        : { kind: 'User', name: `user-${index}`, apiGroup: GROUP };
    const body = { ...meta(`binding-${index}`), kind: 'RoleBinding', roleRef, subjects: [subject] };
    cluster.expect(201, 'POST', `${RBAC}/namespaces/default/rolebindings`, { body });
  }
  return { cluster, token: requestToken(cluster) };
};

const requestToken = (cluster: Harness): string => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const made = cluster.expect(201, 'POST', `${CORE}/serviceaccounts/bot/token`, { body });
  return (made as { status: { token: string } }).status.token;
};

const certificateCost = (cluster: Harness): number => {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  let count = 0;
  return cost(() => {
    count += 1;
    const spec = {
      request: btoa(signingRequests.p256),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    };
    const kind = 'CertificateSigningRequest';
    const body = { apiVersion: 'certificates.k8s.io/v1', kind, metadata: { name: `r${count}` }, spec };
    const made = cluster.expect(201, 'POST', path, { body }) as object;
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Bench', message: '' }];
    cluster.expect(200, 'PUT', `${path}/r${count}/approval`, { body: { ...made, status: { conditions } } });
    cluster.settle(100);
  }, 5);
};

/** The rows. */
export const credentialBenchmarks = async (): Promise<readonly Row[]> => {
  const { cluster, token } = makeCluster();
  const get = (options: { readonly token?: string }) => () =>
    cluster.expect(200, 'GET', `${CORE}/configmaps/kube-root-ca.crt`, options);
  const bare = cost(get({}));
  const known = cost(get({ token }));
  return [
    { name: 'credentials: get without a token or rules', unit: 'µs', value: bare },
    {
      name: 'credentials: get with a token and 1,000 bindings',
      unit: 'µs',
      value: known,
      target: bare * 1.1,
    },
    { name: 'credentials: request a token', unit: 'µs', value: cost(() => requestToken(cluster), 50) },
    {
      name: 'credentials: request, approve and sign a certificate',
      unit: 'µs',
      value: certificateCost(cluster),
    },
  ];
};

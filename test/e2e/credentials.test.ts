/** Certificates and tokens in the hands of kubectl. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster, type TestCluster, tokenIn } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { call } from './support/server.ts';
import { makeKeyAndRequest } from './support/signing-request.ts';

const server = inject('server');
const [kubectl] = findKubectls().slice(-1);
const PLUGIN = join(import.meta.dirname, '../../scripts/cli/certificate-credential.ts');

const runner = (kubeconfig: string): Runner => {
  if (kubectl === undefined) throw new Error('no kubectl');
  return makeRunner(kubectl, kubeconfig);
};

const requestFor = (name: string, request: string, signer = 'kubernetes.io/kube-apiserver-client') => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec:
  request: ${Buffer.from(request).toString('base64')}
  signerName: ${signer}
  expirationSeconds: 86400
  usages: [client auth]
`;

describe('a client certificate', () => {
  let cluster: TestCluster;
  let admin: Runner;
  beforeAll(async () => {
    cluster = await makeCluster(server, { nodes: 0 });
    admin = runner(await cluster.kubeconfig());
  });

  const ask = async (name: string, request: string): Promise<void> => {
    const { code, stderr } = await admin.run(['apply', '-f', '-'], { input: requestFor(name, request) });
    if (code !== 0) throw new Error(stderr);
  };

  const issued = async (name: string): Promise<string> => {
    await admin.ok('wait', `csr/${name}`, '--for=jsonpath={.status.certificate}', '--timeout=40s');
    return Buffer.from(
      await admin.ok('get', 'csr', name, '-o', 'jsonpath={.status.certificate}'),
      'base64',
    ).toString();
  };

  it('is asked for with OpenSSL, approved and used with kubectl', async () => {
    const { keyFile, request } = makeKeyAndRequest(server.home, 'anna', 'team');
    await ask('anna', request);
    expect(await admin.ok('get', 'csr', 'anna')).toMatch(
      /anna +\d+s +kubernetes.io\/kube-apiserver-client +kubernetes-admin +24h +Pending/,
    );
    await admin.ok('certificate', 'approve', 'anna');
    const certificateFile = join(server.home, 'anna.crt');
    writeFileSync(certificateFile, await issued('anna'));
    expect(await admin.ok('get', 'csr', 'anna')).toContain('Approved,Issued');

    const file = await cluster.kubeconfig();
    const anna = runner(file);
    const plugin = [
      '--exec-api-version=client.authentication.k8s.io/v1',
      '--exec-interactive-mode=Never',
      '--exec-provide-cluster-info',
      `--exec-command=${process.execPath}`,
      ...[PLUGIN, `--client-certificate=${certificateFile}`, `--client-key=${keyFile}`].map(
        (argument) => `--exec-arg=${argument}`,
      ),
    ];
    await anna.ok('config', 'set-credentials', 'anna', ...plugin);
    await anna.ok('config', 'set-context', '--current', '--user=anna');
    const who = JSON.parse(await anna.ok('auth', 'whoami', '-o', 'json')) as {
      status: { userInfo: { username: string; groups: string[] } };
    };
    expect(who.status.userInfo).toMatchObject({ username: 'anna', groups: ['team', 'system:authenticated'] });
    expect((await anna.run(['get', 'configmaps'])).stderr).toContain(
      'configmaps is forbidden: User "anna" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    await admin.ok('create', 'rolebinding', 'team', '--clusterrole=view', '--group=team');
    expect(await anna.ok('get', 'configmaps')).toContain('kube-root-ca.crt');

    const stolen = runner(await cluster.kubeconfig());
    const other = makeKeyAndRequest(server.home, 'eve', 'team').keyFile;
    const swapped = plugin.map((argument) => argument.replace(keyFile, other));
    await stolen.ok('config', 'set-credentials', 'eve', ...swapped);
    expect((await stolen.run(['get', 'configmaps', '--user=eve'])).stderr).toContain(
      'the key does not belong to the certificate',
    );
  });

  it('is not issued when it was denied, nor by a signer that is none of ours', async () => {
    const { request } = makeKeyAndRequest(server.home, 'bert', 'team');
    await ask('bert', request);
    await admin.ok('certificate', 'deny', 'bert');
    expect(await admin.ok('get', 'csr', 'bert')).toContain('Denied');
    expect(await admin.ok('get', 'csr', 'bert', '-o', 'jsonpath={.status.certificate}')).toBe('');
    const masters = makeKeyAndRequest(server.home, 'root', 'system:masters').request;
    const refused = await admin.run(['apply', '-f', '-'], { input: requestFor('root', masters) });
    expect(refused.stderr).toContain(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });
});

describe('a pod’s token', () => {
  it('opens the API from outside until the pod is gone', async () => {
    const cluster = await makeCluster(server, { nodes: 1 });
    const admin = runner(await cluster.kubeconfig());
    await admin.ok('create', 'serviceaccount', 'bot');
    await admin.ok('create', 'rolebinding', 'bot', '--clusterrole=view', '--serviceaccount=default:bot');
    const pod = `
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  serviceAccountName: bot
  containers:
  - name: c
    image: busybox
    command: [sh, -c, 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; sleep 3600']
`;
    await admin.run(['apply', '-f', '-'], { input: pod });
    await admin.ok('wait', 'pod/reader', '--for=condition=Ready', '--timeout=40s');
    const mounted = (await admin.ok('logs', 'reader')).trim();
    const bound = ['--bound-object-kind=Pod', '--bound-object-name=reader'];
    const created = (await admin.ok('create', 'token', 'bot', ...bound)).trim();
    const minted = tokenIn(
      (
        await call(server, 'POST', `/v1/clusters/${cluster.id}/kubeconfigs`, {
          body: { pod: { namespace: 'default', name: 'reader' } },
        })
      ).text,
    );
    const unbound = (await admin.ok('create', 'token', 'bot')).trim();
    const codeOf = async (token: string): Promise<number> =>
      (await call(server, 'GET', `${cluster.path}/api/v1/namespaces/default/pods`, { token })).status;
    for (const token of [mounted, created, minted, unbound]) expect(await codeOf(token)).toBe(200);
    await admin.ok('delete', 'pod', 'reader', '--now');
    for (const token of [mounted, created, minted]) expect(await codeOf(token)).toBe(401);
    expect(await codeOf(unbound)).toBe(200);
    await admin.ok('delete', 'serviceaccount', 'bot');
    expect(await codeOf(unbound)).toBe(401);
  });
});

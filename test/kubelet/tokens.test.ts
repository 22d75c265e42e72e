import { expect, test } from 'vitest';
import { Harness } from '../support/harness.ts';

const claimsOf = (token: string): Record<string, unknown> & { readonly iat: number; readonly exp: number } =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const pod = (name: string, extra = ''): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: busybox
    command: [sh, -c, "cat /var/run/secrets/kubernetes.io/serviceaccount/token"]
${extra}`;

const logOf = (harness: Harness, name: string): string =>
  harness.request('GET', `/api/v1/namespaces/default/pods/${name}/log`).body.trim();

test('a process reads the token in its volume, bound to the pod and good for a year', () => {
  const harness = new Harness();
  harness.create(pod('reader'));
  harness.settle();
  const token = logOf(harness, 'reader');
  const claims = claimsOf(token);
  expect(claims).toMatchObject({
    iss: 'https://127.0.0.1:8443/clusters/test',
    sub: 'system:serviceaccount:default:default',
    'kubernetes.io': { pod: { name: 'reader' }, warnafter: claims.iat + 3607 },
  });
  expect(claims.exp - claims.iat).toBe(365 * 24 * 3600);
  expect(logOf(harness, 'reader')).toBe(token);
  harness.evict();
  expect(logOf(harness, 'reader')).toBe(token);
});

const MOUNT = `
    volumeMounts: [{name: vault, mountPath: /vault}]
  volumes:
  - name: vault
    projected:
      sources:
      - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 1000}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
      - configMap: {name: settings, items: [{key: a, path: deep/b}]}
`;

test('a projected volume has what its sources say; its token is renewed when four fifths of its life are over', () => {
  const harness = new Harness();
  harness.create(
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {a: one}}',
  );
  const command = 'cat /vault/token && cat /vault/name && cat /vault/deep/b';
  harness.create(
    pod('first', MOUNT).replace('cat /var/run/secrets/kubernetes.io/serviceaccount/token', command),
  );
  harness.settle();
  const [token = '', name, text] = logOf(harness, 'first').split('\n');
  expect([name, text]).toEqual(['first', 'one']);
  expect(claimsOf(token)).toMatchObject({ aud: ['vault'] });
  expect(claimsOf(token).exp - claimsOf(token).iat).toBe(1000);
});

test('nobody gets a token for an account that is gone', () => {
  const harness = new Harness();
  harness.create('{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: default}}');
  harness.create(pod('reader', '  serviceAccountName: bot\n').replace('cat /var', 'sleep 5; cat /var'));
  harness.expect(200, 'DELETE', '/api/v1/namespaces/default/serviceaccounts/bot');
  harness.settle();
  expect(logOf(harness, 'reader')).not.toContain('eyJ');
});

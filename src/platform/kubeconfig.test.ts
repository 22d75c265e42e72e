import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { printKubeconfig } from './kubeconfig.ts';

it('is a kubeconfig of one context', () => {
  const text = printKubeconfig({
    clusterName: 'play',
    server: 'https://127.0.0.1:8443/clusters/c1',
    caCertificate: 'PEM',
    userName: 'o\'hara: "x"',
    token: 'a.b.c',
    namespace: 'shop',
  });
  expect(parse(text)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'play',
        cluster: { server: 'https://127.0.0.1:8443/clusters/c1', 'certificate-authority-data': btoa('PEM') },
      },
    ],
    users: [{ name: 'o\'hara: "x"', user: { token: 'a.b.c' } }],
    contexts: [{ name: 'play', context: { cluster: 'play', user: 'o\'hara: "x"', namespace: 'shop' } }],
    'current-context': 'play',
  });
});

/**
 * What Helm 3 does over the API, acted out: releases as Secrets, discovery and schemas before anything else, hooks that
 * are waited for, three-way strategic merges, waiting for readiness, uninstalling in reverse order.
 */

import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import { Harness } from '../support/harness.ts';

const BASE = '/api/v1/namespaces/shop';
const SECRETS = `${BASE}/secrets`;
const AGENT = { 'user-agent': 'Helm/3.17.0' };
const STRATEGIC = { ...AGENT, 'content-type': 'application/strategic-merge-patch+json' };
const MERGE = { ...AGENT, 'content-type': 'application/merge-patch+json' };

const OWNED = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'shop' },
};

interface Manifest {
  readonly path: string;
  readonly body: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown };
}

const manifest = (path: string, apiVersion: string, kind: string, name: string, rest: object): Manifest => ({
  path,
  body: { apiVersion, kind, metadata: { name, ...OWNED }, ...rest },
});

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const JOBS = '/apis/batch/v1/namespaces/shop/jobs';

/** A chart's objects in the order Helm creates them. */
const chart = (
  replicas: number,
  image: string,
  env: Readonly<Record<string, string>>,
): readonly Manifest[] => [
  manifest(`${BASE}/serviceaccounts`, 'v1', 'ServiceAccount', 'web', {}),
  manifest(`${BASE}/configmaps`, 'v1', 'ConfigMap', 'web', { data: { replicas: String(replicas) } }),
  manifest(`${BASE}/services`, 'v1', 'Service', 'web', {
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }),
  manifest(DEPLOYMENTS, 'apps/v1', 'Deployment', 'web', {
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          serviceAccountName: 'web',
          nodeSelector: {},
          tolerations: [],
          containers: [
            {
              name: 'web',
              image,
              ports: [{ name: 'http', containerPort: 80 }],
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              resources: {},
            },
          ],
        },
      },
    },
  }),
];

const hook = manifest(JOBS, 'batch/v1', 'Job', 'web-migrate', {
  spec: {
    backoffLimit: 1,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'm', image: 'busybox', command: ['sleep', '3'] }],
      },
    },
  },
});

const encode = (release: object): string =>
  btoa(gzipSync(Buffer.from(JSON.stringify(release))).toString('base64'));

const decode = (data: string): unknown =>
  JSON.parse(gunzipSync(Buffer.from(atob(data), 'base64')).toString());

interface ReleaseSecret extends KubeObject {
  readonly type: string;
  readonly data: { readonly release: string };
}

/** Helm, as far as the API server sees it. */
class Helm {
  readonly harness: Harness;
  revision = 0;

  constructor(harness: Harness) {
    this.harness = harness;
  }

  prepare(): void {
    this.harness.expect(200, 'GET', '/version', { headers: AGENT });
    for (const path of ['/api', '/apis']) {
      this.harness.expect(200, 'GET', path, {
        headers: {
          ...AGENT,
          accept:
            'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json',
        },
      });
    }
    const { paths } = this.harness.get<{
      readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
    }>('/openapi/v3');
    this.harness.expect(200, 'GET', paths['apis/apps/v1']?.serverRelativeURL ?? '');
    const v2 = this.harness.request('GET', '/openapi/v2', {
      headers: { ...AGENT, accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
    });
    expect(v2.status).toBe(200);
  }

  /** Stores the release; answers with the Secret. */
  record(status: string): void {
    this.revision += 1;
    this.harness.expect(201, 'POST', SECRETS, {
      headers: AGENT,
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'helm.sh/release.v1',
        metadata: {
          name: `sh.helm.release.v1.web.v${this.revision}`,
          labels: { name: 'web', owner: 'helm', status, version: String(this.revision) },
        },
        data: { release: encode({ name: 'web', version: this.revision, info: { status } }) },
      },
    });
  }

  mark(revision: number, status: string): void {
    const url = `${SECRETS}/sh.helm.release.v1.web.v${revision}`;
    const { resourceVersion: _revision, ...stored } = this.harness.get<ReleaseSecret>(url).metadata;
    this.harness.expect(200, 'PUT', url, {
      headers: AGENT,
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'helm.sh/release.v1',
        metadata: { name: stored.name, labels: { ...stored.labels, status, modifiedAt: '1767225600' } },
        data: { release: encode({ name: 'web', version: revision, info: { status } }) },
      },
    });
  }

  /** Runs a hook to its end, watching, and removes it. */
  run({ path, body }: Manifest): void {
    const { name } = body.metadata;
    this.harness.expect(404, 'GET', `${path}/${name}`, { headers: AGENT });
    this.harness.expect(201, 'POST', path, { headers: AGENT, body });
    const selector = `fieldSelector=metadata.name%3D${name}`;
    const watch = this.harness.watch(`${path}?${selector}&watch=true`);
    this.harness.settle(60_000);
    watch.drain();
    const last = JSON.parse(watch.frames.at(-1) ?? '{}') as {
      readonly object?: { readonly status?: { readonly succeeded?: number } };
    };
    expect(last.object?.status?.succeeded).toBe(1);
    this.remove({ path, body });
  }

  create(objects: readonly Manifest[]): void {
    for (const { path, body } of objects) {
      this.harness.expect(404, 'GET', `${path}/${body.metadata.name}`, { headers: AGENT });
    }
    for (const { path, body } of objects) {
      const reply = this.harness.request('POST', `${path}?fieldManager=helm&fieldValidation=Strict`, {
        headers: AGENT,
        body,
      });
      expect([reply.status, reply.headers['Warning']]).toEqual([201, undefined]);
    }
  }

  /** Waits as `--wait` does: until the Deployment of the newest generation is there in full. */
  waitFor(replicas: number): void {
    this.harness.settle(120_000);
    expect(this.harness.get(`${DEPLOYMENTS}/web`)).toMatchObject({
      status: { observedGeneration: expect.any(Number), updatedReplicas: replicas, readyReplicas: replicas },
    });
  }

  remove({ path, body }: Manifest): void {
    this.harness.expect(200, 'DELETE', `${path}/${body.metadata.name}`, {
      headers: AGENT,
      body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
    });
  }

  /** `helm list`: name, status and version of the releases. */
  list(): readonly (string | undefined)[] {
    return this.harness
      .list<ReleaseSecret>('/api/v1/secrets?labelSelector=owner%3Dhelm')
      .map(
        ({ metadata }) =>
          `${metadata.labels?.['name']} ${metadata.labels?.['version']} ${metadata.labels?.['status']}`,
      );
  }
}

const start = (): Helm => {
  const harness = new Harness();
  harness.expect(201, 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
  harness.settle(5000);
  const helm = new Helm(harness);
  helm.prepare();
  return helm;
};

const install = (helm: Helm): void => {
  helm.record('pending-install');
  helm.run(hook);
  helm.create(chart(2, 'nginx:1.27', { A: '1', B: '2' }));
  helm.waitFor(2);
  helm.mark(1, 'deployed');
};

describe('Helm', () => {
  test('installs, with a hook before it', () => {
    const helm = start();
    install(helm);
    expect(helm.list()).toEqual(['web 1 deployed']);
    const [secret] = helm.harness.list<ReleaseSecret>(`${SECRETS}?labelSelector=name%3Dweb%2Cowner%3Dhelm`);
    expect(secret?.type).toBe('helm.sh/release.v1');
    expect(decode(secret?.data.release ?? '')).toMatchObject({ version: 1, info: { status: 'deployed' } });
    helm.harness.expect(404, 'GET', `${JOBS}/web-migrate`);
  });

  test('upgrades by a three-way merge: its own fields change, what others set stays', () => {
    const helm = start();
    install(helm);
    const { harness } = helm;
    // Somebody else's field, and one that the new chart takes away.
    harness.expect(200, 'PATCH', `${DEPLOYMENTS}/web`, {
      headers: STRATEGIC,
      body: { metadata: { annotations: { 'example.com/note': 'kept' } }, spec: { minReadySeconds: 1 } },
    });
    helm.record('pending-upgrade');
    const containers = [
      {
        name: 'web',
        image: 'nginx:1.28',
        '$setElementOrder/env': [{ name: 'A' }, { name: 'C' }],
        env: [
          { name: 'C', value: '3' },
          { $patch: 'delete', name: 'B' },
        ],
      },
    ];
    const spec = { '$setElementOrder/containers': [{ name: 'web' }], containers };
    harness.expect(200, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=helm`, {
      headers: STRATEGIC,
      body: { spec: { replicas: 3, template: { spec } } },
    });
    harness.expect(200, 'PATCH', `${BASE}/configmaps/web`, {
      headers: STRATEGIC,
      body: { data: { replicas: '3' } },
    });
    helm.waitFor(3);
    expect(harness.get(`${DEPLOYMENTS}/web`)).toMatchObject({
      metadata: { annotations: { 'example.com/note': 'kept' } },
      spec: {
        minReadySeconds: 1,
        template: {
          spec: {
            containers: [
              {
                image: 'nginx:1.28',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'C', value: '3' },
                ],
              },
            ],
          },
        },
      },
    });
    helm.mark(1, 'superseded');
    helm.mark(2, 'deployed');
    expect(helm.list()).toEqual(['web 1 superseded', 'web 2 deployed']);
  });

  test('merges custom objects without a schema for it', () => {
    const helm = start();
    const { harness } = helm;
    harness.expect(201, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      headers: AGENT,
      body: {
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'widgets', kind: 'Widget' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          ],
        },
      },
    });
    harness.settle(2000);
    const path = '/apis/example.com/v1/namespaces/shop/widgets';
    helm.create([manifest(path, 'example.com/v1', 'Widget', 'w', { spec: { a: 1, b: [1, 2] } })]);
    harness.expect(415, 'PATCH', `${path}/w`, { headers: STRATEGIC, body: {} });
    expect(
      harness.expect(200, 'PATCH', `${path}/w`, { headers: MERGE, body: { spec: { a: null, b: [3] } } }),
    ).toMatchObject({ spec: { b: [3] } });
  });

  test('refuses to take over what it does not own, by what it reads', () => {
    const helm = start();
    const { harness } = helm;
    harness.expect(201, 'POST', `${BASE}/configmaps`, { body: { metadata: { name: 'web' } } });
    const found = harness.get<KubeObject>(`${BASE}/configmaps/web`);
    expect(found.metadata.annotations?.['meta.helm.sh/release-name']).toBeUndefined();
    harness.expect(409, 'POST', `${BASE}/configmaps`, { body: { metadata: { name: 'web' } } });
  });

  test('uninstalls in reverse order, with everything the objects made', () => {
    const helm = start();
    install(helm);
    helm.mark(1, 'uninstalling');
    for (const object of [...chart(2, 'nginx:1.27', {})].reverse()) helm.remove(object);
    helm.harness.settle(120_000);
    for (const url of [DEPLOYMENTS, '/apis/apps/v1/namespaces/shop/replicasets', `${BASE}/pods`]) {
      expect(helm.harness.list(url)).toEqual([]);
    }
    helm.harness.expect(200, 'DELETE', `${SECRETS}/sh.helm.release.v1.web.v1`, { headers: AGENT });
    expect(helm.list()).toEqual([]);
  });
});

/** What upstream's conformance tests ask of discovery, lists in chunks and watches. */

import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import type { Harness } from '../../support/harness.ts';
import { define, definition, fresh, MAPS, MERGE, one } from './definitions.ts';
import { listed } from './operations.ts';

describe('discovery', () => {
  const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  interface Aggregated {
    readonly kind: string;
    readonly items: readonly {
      readonly metadata: { readonly name?: string };
      readonly versions: readonly {
        readonly version: string;
        readonly resources: readonly { readonly resource: string }[];
      }[];
    }[];
  }
  const aggregated = (harness: Harness): Aggregated =>
    harness.expect(200, 'GET', '/apis', { headers: { accept: AGGREGATED } }) as Aggregated;

  test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface', () => {
    const groups = aggregated(fresh()).items.map(({ metadata }) => metadata.name);
    expect(groups).toEqual(expect.arrayContaining(['apps', 'batch', 'admissionregistration.k8s.io']));
  });

  test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs', () => {
    const found = aggregated(one()).items.find(({ metadata }) => metadata.name === 'example.com');
    expect(found?.versions[0]?.resources.map(({ resource }) => resource)).toEqual(['foos']);
  });

  test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers', () => {
    const harness = fresh();
    for (const path of ['/api', '/apis']) {
      const reply = harness.request('GET', path, { headers: { accept: AGGREGATED } });
      expect(reply.headers['content-type'] ?? reply.headers['Content-Type']).toContain(
        'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      );
      expect(reply.json).toMatchObject({
        kind: 'APIGroupDiscoveryList',
        apiVersion: 'apidiscovery.k8s.io/v2',
      });
      const plain = harness.request('GET', path, { headers: { accept: 'application/json' } });
      expect(plain.json).toMatchObject({ kind: path === '/api' ? 'APIVersions' : 'APIGroupList' });
    }
  });

  test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs', () => {
    const harness = one();
    define(harness, definition('Bar', 'example.com', [{ name: 'v1', storage: true }]));
    const found = aggregated(harness).items.find(({ metadata }) => metadata.name === 'example.com');
    expect(found?.versions[0]?.resources.map(({ resource }) => resource).sort()).toEqual(['bars', 'foos']);
  });

  interface Group {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
    readonly preferredVersion: { readonly groupVersion: string };
  }
  const groups = (harness: Harness): readonly Group[] =>
    harness.get<{ readonly groups: readonly Group[] }>('/apis').groups;

  test('[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup', () => {
    const harness = fresh();
    for (const { versions } of groups(harness)) {
      for (const { groupVersion } of versions) {
        const found = harness.get<{ readonly groupVersion: string; readonly resources: readonly object[] }>(
          `/apis/${groupVersion}`,
        );
        expect(found.groupVersion).toBe(groupVersion);
        expect(found.resources.length).toBeGreaterThan(0);
      }
    }
  });

  test('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup', () => {
    const harness = fresh();
    for (const group of groups(harness)) {
      const alone = harness.get<Group>(`/apis/${group.name}`);
      expect(alone.preferredVersion).toEqual(group.preferredVersion);
      expect(alone.versions.map(({ groupVersion }) => groupVersion)).toContain(
        group.preferredVersion.groupVersion,
      );
    }
  });

  test('[sig-api-machinery] server version should find the server version', () => {
    expect(fresh().get('/version')).toMatchObject({ major: '1', minor: expect.stringMatching(/^\d+\+?$/) });
  });

  test('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', () => {
    const reply = fresh().request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      body: { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } },
    });
    expect(reply.status).toBe(406);
  });
});

describe('chunks', () => {
  const TEMPLATES = '/api/v1/namespaces/default/podtemplates';
  const fill = (harness: Harness): void => {
    for (let index = 0; index < 40; index += 1) {
      const name = `template-${String(index).padStart(4, '0')}`;
      const template = {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      };
      harness.expect(201, 'POST', TEMPLATES, { body: { metadata: { name }, template } });
    }
  };
  interface Page {
    readonly metadata: {
      readonly continue?: string;
      readonly remainingItemCount?: number;
      readonly resourceVersion: string;
    };
    readonly items: readonly KubeObject[];
  }

  test('[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls', () => {
    const harness = fresh();
    fill(harness);
    let token = '';
    const names: (string | undefined)[] = [];
    const revisions = new Set<string>();
    for (;;) {
      const page = harness.get<Page>(`${TEMPLATES}?limit=7${token && `&continue=${token}`}`);
      names.push(...page.items.map(({ metadata }) => metadata.name));
      revisions.add(page.metadata.resourceVersion);
      if (page.metadata.continue === undefined) break;
      expect(page.metadata.remainingItemCount).toBe(40 - names.length);
      token = encodeURIComponent(page.metadata.continue);
    }
    expect(names).toEqual(listed(harness, TEMPLATES));
    expect(revisions.size).toBe(1);
  });

  test('[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow]', () => {
    const harness = fresh();
    fill(harness);
    const first = harness.get<Page>(`${TEMPLATES}?limit=20`);
    for (let count = 0; count < 1500; count += 1) {
      harness.advance(1000);
      const body = { data: { count: String(count) } };
      if (count === 0) harness.expect(201, 'POST', MAPS, { body: { metadata: { name: 'busy' }, ...body } });
      else harness.expect(200, 'PATCH', `${MAPS}/busy`, { headers: MERGE, body });
    }
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const gone = harness.expect(410, 'GET', `${TEMPLATES}?limit=20&continue=${token}`) as Page & {
      readonly reason: string;
    };
    expect(gone.reason).toBe('Expired');
    const next = encodeURIComponent(gone.metadata.continue ?? '');
    const rest = harness.get<Page>(`${TEMPLATES}?limit=20&continue=${next}`);
    expect(rest.items[0]?.metadata.name).toBe('template-0020');
    expect(rest.items).toHaveLength(20);
  });
});

describe('watches', () => {
  const put = (harness: Harness, name: string, count: number, labels: object = { w: 'a' }): string => {
    const body = { metadata: { name, labels }, data: { mutation: String(count) } };
    const written =
      harness.request('GET', `${MAPS}/${name}`).status === 404
        ? harness.expect(201, 'POST', MAPS, { body })
        : harness.expect(200, 'PATCH', `${MAPS}/${name}`, { headers: MERGE, body });
    return (written as KubeObject).metadata.resourceVersion ?? '';
  };
  const open = (harness: Harness, revision: string, selector = 'w%3Da') =>
    harness.watch(`${MAPS}?watch=true&labelSelector=${selector}&resourceVersion=${revision}`);
  /** All a watch has seen since it began. */
  const seen = (watch: ReturnType<typeof open>) => {
    watch.drain();
    return watch.frames.map((frame) => {
      const { type, object } = JSON.parse(frame) as { readonly type: string; readonly object: KubeObject };
      return [type, object.metadata.resourceVersion] as const;
    });
  };

  test('[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps', () => {
    const harness = fresh();
    const [a, b, both] = ['w%3Da', 'w%3Db', 'w'].map((selector) => open(harness, '', selector));
    put(harness, 'x', 0);
    put(harness, 'x', 1);
    put(harness, 'y', 0, { w: 'b' });
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    const types = (watch: typeof a) => watch?.drain().map(({ type }) => type);
    expect(types(a)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(types(b)).toEqual(['ADDED']);
    expect(types(both)).toEqual(['ADDED', 'MODIFIED', 'ADDED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should be able to start watching from a specific resource version', () => {
    const harness = fresh();
    put(harness, 'x', 0);
    const first = put(harness, 'x', 1);
    const second = put(harness, 'x', 2);
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    const events = seen(open(harness, first));
    expect(events.map(([type]) => type)).toEqual(['MODIFIED', 'DELETED']);
    expect(events[0]?.[1]).toBe(second);
  });

  test('[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch', () => {
    const harness = fresh();
    const watch = open(harness, '');
    put(harness, 'x', 0);
    put(harness, 'x', 1);
    const last = seen(watch).at(-1)?.[1] ?? '';
    put(harness, 'x', 2);
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    expect(seen(open(harness, last)).map(([type]) => type)).toEqual(['MODIFIED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector', () => {
    const harness = fresh();
    const watch = open(harness, '');
    put(harness, 'x', 0);
    put(harness, 'x', 1, { w: 'other' });
    put(harness, 'x', 2, { w: 'other' });
    put(harness, 'x', 3, { w: 'a' });
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    expect(seen(watch).map(([type]) => type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should receive events on concurrent watches in same order', () => {
    const harness = fresh();
    const start = put(harness, 'first', 0);
    const watches: ReturnType<typeof open>[] = [];
    for (let count = 0; count < 30; count += 1) {
      watches.push(open(harness, start));
      put(harness, `x${count % 3}`, count);
      for (const [index, watch] of watches.entries()) if (count % (index + 2) === 0) watch.drain();
    }
    const orders = watches.map(seen);
    expect(orders[0]).toHaveLength(30);
    for (const order of orders) expect(order).toEqual(orders[0]);
  });
});

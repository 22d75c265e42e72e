/**
 * What upstream's "should support ... API operations" tests do with a kind: find it in discovery, then every verb, with
 * a watch looking on.
 */

import { expect } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import type { Harness, TestWatch } from '../../support/harness.ts';

/** A kind and how to make one. */
export interface Operated {
  /** `''` is the core group. */
  readonly group?: string;
  readonly version?: string;
  readonly resource: string;
  readonly clusterScoped?: boolean;
  /** Everything but type and metadata. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** A status to write through its subresource; absent when there is none. */
  readonly status?: Readonly<Record<string, unknown>>;
}

const MERGE = { 'content-type': 'application/merge-patch+json' };
const LABEL = 'e2e-test=operations';

/** Path of the collection. */
export const pathOf = ({ group = '', version = 'v1', resource, clusterScoped = false }: Operated): string =>
  `${group === '' ? '/api' : `/apis/${group}`}/${version}${clusterScoped ? '' : '/namespaces/default'}/${resource}`;

const everywhere = (operated: Operated): string => pathOf(operated).replace('/namespaces/default', '');

/** An object of the kind. */
export const make = (operated: Operated, name: string, labels: object = { 'e2e-test': 'operations' }) => ({
  ...operated.body,
  metadata: { name, labels, ...operated.metadata },
});

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

const discover = (harness: Harness, { group = '', version = 'v1', resource }: Operated): void => {
  if (group !== '') {
    const { groups } = harness.get<{ readonly groups: readonly { readonly name: string }[] }>('/apis');
    expect(groups.map(({ name }) => name)).toContain(group);
    const { versions } = harness.get<{ readonly versions: readonly { readonly version: string }[] }>(
      `/apis/${group}`,
    );
    expect(versions.map((served) => served.version)).toContain(version);
  }
  const { resources } = harness.get<ResourceList>(
    group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
  );
  expect(resources.find(({ name }) => name === resource)?.verbs).toEqual(
    expect.arrayContaining([
      'create',
      'delete',
      'deletecollection',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ]),
  );
};

const typesSeen = (watch: TestWatch, name: string): readonly string[] =>
  watch
    .drain()
    .filter(({ object }) => object.metadata.name === name)
    .map(({ type }) => type);

const changeStatus = (harness: Harness, operated: Operated, name: string): void => {
  const { status } = operated;
  if (status === undefined) return;
  const url = `${pathOf(operated)}/${name}/status`;
  harness.expect(200, 'GET', url);
  const patched = harness.expect(200, 'PATCH', url, { headers: MERGE, body: { status } }) as KubeObject;
  expect(patched).toMatchObject({ status });
  const annotations = { ...patched.metadata.annotations, statusupdated: 'yes' };
  const body = { ...patched, metadata: { ...patched.metadata, annotations } };
  expect(harness.expect(200, 'PUT', url, { body })).toMatchObject({ status });
};

const change = (harness: Harness, operated: Operated, name: string): void => {
  const url = `${pathOf(operated)}/${name}`;
  const patched = harness.expect(200, 'PATCH', url, {
    headers: MERGE,
    body: { metadata: { annotations: { patched: 'true' } } },
  }) as KubeObject;
  expect(patched.metadata.annotations).toMatchObject({ patched: 'true' });
  const annotations = { ...patched.metadata.annotations, updated: 'true' };
  const body = { ...patched, metadata: { ...patched.metadata, annotations } };
  const updated = harness.expect(200, 'PUT', url, { body }) as KubeObject;
  expect(updated.metadata.annotations).toMatchObject({ updated: 'true' });
  harness.expect(409, 'PUT', url, { body });
};

/** The names a list selects. */
export const listed = (harness: Harness, url: string): readonly (string | undefined)[] =>
  harness.list<KubeObject>(url).map(({ metadata }) => metadata.name);

/** Carries out all operations. Throws what does not go as upstream expects it. */
export const operate = (harness: Harness, operated: Operated): void => {
  const collection = pathOf(operated);
  const names = ['ops-1', 'ops-2', 'ops-3'];
  discover(harness, operated);
  const selected = `${everywhere(operated)}?labelSelector=${encodeURIComponent(LABEL)}`;
  const { metadata } = harness.get<{ readonly metadata: { readonly resourceVersion: string } }>(selected);
  const watch = harness.watch(`${selected}&watch=true&resourceVersion=${metadata.resourceVersion}`);
  for (const name of names) harness.expect(201, 'POST', collection, { body: make(operated, name) });
  harness.expect(409, 'POST', collection, { body: make(operated, names[0] ?? '') });
  expect(harness.get<KubeObject>(`${collection}/ops-1`).metadata.uid).toBeDefined();
  expect(listed(harness, `${collection}?labelSelector=${encodeURIComponent(LABEL)}`)).toEqual(names);
  expect(listed(harness, selected)).toEqual(names);
  expect(typesSeen(watch, 'ops-1')).toEqual(['ADDED']);
  change(harness, operated, 'ops-1');
  changeStatus(harness, operated, 'ops-1');
  expect(new Set(typesSeen(watch, 'ops-1'))).toEqual(new Set(['MODIFIED']));
  harness.expect(200, 'DELETE', `${collection}/ops-1?gracePeriodSeconds=0`);
  harness.settle(1000);
  harness.expect(404, 'GET', `${collection}/ops-1`);
  expect(typesSeen(watch, 'ops-1').at(-1)).toBe('DELETED');
  harness.expect(200, 'DELETE', `${collection}?labelSelector=${encodeURIComponent(LABEL)}`);
  harness.settle(1000);
  expect(listed(harness, selected)).toEqual([]);
};

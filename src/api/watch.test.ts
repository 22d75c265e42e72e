import { describe, expect, test } from 'vitest';
import { Harness, type TestWatch } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const METADATA = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' };
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Event {
  readonly type: string;
  readonly object: KubeObject;
}

const makeHarness = (): Harness => new Harness({ settings: { nodes: [] } });

const create = (harness: Harness, name: string, labels: Readonly<Record<string, string>> = {}): void => {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
  harness.expect(201, 'POST', CONFIGMAPS, { body });
};

const relabel = (harness: Harness, name: string, labels: Readonly<Record<string, string | null>>): void => {
  harness.expect(200, 'PATCH', `${CONFIGMAPS}/${name}`, { body: { metadata: { labels } }, headers: MERGE });
};

const revisionOf = (harness: Harness): string =>
  harness.get<KubeObject>(CONFIGMAPS).metadata.resourceVersion ?? '';

const shown = (events: readonly Event[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());

const first = (watch: TestWatch): readonly Event[] => watch.frames.map((frame) => JSON.parse(frame) as Event);

describe('a watch', () => {
  test('tells each change once, in order, with the revision of the change', () => {
    const harness = makeHarness();
    const watch = harness.watch(`${CONFIGMAPS}?watch=1&resourceVersion=${revisionOf(harness)}`);
    create(harness, 'a');
    create(harness, 'b');
    relabel(harness, 'a', { x: '1' });
    harness.expect(200, 'DELETE', `${CONFIGMAPS}/b`);
    const events = watch.drain();
    expect(shown(events)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((x, y) => x - y));
    expect(revisions.at(-1)).toBe(harness.end().revision);
    expect(events[0]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(watch.drain()).toEqual([]);
  });

  test('resumes after an eviction without loss or repeat', () => {
    const harness = makeHarness();
    const watch = harness.watch(`${CONFIGMAPS}?watch=1&resourceVersion=${revisionOf(harness)}`);
    create(harness, 'a');
    expect(shown(watch.drain())).toEqual(['ADDED a']);
    create(harness, 'b');
    harness.evict();
    create(harness, 'c');
    expect(shown(watch.drain())).toEqual(['ADDED b', 'ADDED c']);
  });

  test('with a selector shows entering as ADDED and leaving as DELETED', () => {
    const harness = makeHarness();
    create(harness, 'in', { tier: 'x' });
    create(harness, 'out');
    const watch = harness.watch(`${CONFIGMAPS}?watch=1&labelSelector=tier%3Dx`);
    expect(shown(first(watch))).toEqual(['ADDED in']);
    relabel(harness, 'out', { tier: 'x' });
    relabel(harness, 'in', { more: '1' });
    relabel(harness, 'in', { tier: null });
    relabel(harness, 'in', { tier: 'y' });
    const events = watch.drain();
    expect(shown(events)).toEqual(['ADDED out', 'MODIFIED in', 'DELETED in']);
    // Leaving shows the state before, at the revision of the change.
    expect(events[2]?.object.metadata.labels).toEqual({ tier: 'x', more: '1' });
    expect(Number(events[2]?.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(events[1]?.object.metadata.resourceVersion),
    );
  });

  test('of one name by path or selector sees nothing else', () => {
    const harness = makeHarness();
    const byField = harness.watch(`${CONFIGMAPS}?watch=1&fieldSelector=metadata.name%3Da`);
    const byPath = harness.watch('/api/v1/watch/namespaces/default/configmaps/a');
    create(harness, 'a');
    create(harness, 'b');
    expect(shown(byField.drain())).toEqual(['ADDED a']);
    expect(shown(byPath.drain())).toEqual(['ADDED a']);
  });

  test('across namespaces keeps to its resource', () => {
    const harness = makeHarness();
    const watch = harness.watch('/api/v1/configmaps?watch=1&labelSelector=mine');
    create(harness, 'a', { mine: '1' });
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', labels: { mine: '1' } } };
    harness.expect(201, 'POST', '/api/v1/namespaces/default/secrets', { body });
    expect(shown(watch.drain())).toEqual(['ADDED a']);
  });

  test('that sends initial events ends them with a marked bookmark', () => {
    const harness = makeHarness();
    create(harness, 'a');
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = first(harness.watch(`${CONFIGMAPS}?${query}`));
    expect(shown(events)).toEqual(['ADDED a', 'ADDED kube-root-ca.crt', 'BOOKMARK']);
    expect(events.at(-1)?.object.metadata).toEqual({
      resourceVersion: revisionOf(harness),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  test.each(['', '&resourceVersion=0'])('from nowhere says when it has sent what exists%s', (revision) => {
    const harness = makeHarness();
    const query = `watch=1&allowWatchBookmarks=true${revision}`;
    const events = first(harness.watch(`${CONFIGMAPS}?${query}`));
    expect(shown(events)).toEqual(['ADDED kube-root-ca.crt', 'BOOKMARK']);
    expect(events.at(-1)?.object.metadata).toMatchObject({
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  test('sends bookmarks to those who allow them, once far enough', () => {
    const harness = makeHarness();
    const url = '/api/v1/namespaces/default/secrets?watch=1&resourceVersion=';
    const from = revisionOf(harness);
    const silent = harness.watch(url + from);
    const marked = harness.watch(`${url + from}&allowWatchBookmarks=true`);
    for (let index = 0; index < 250; index += 1) create(harness, `c${index}`);
    expect(silent.drain()).toEqual([]);
    const [bookmark] = marked.drain();
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: revisionOf(harness) } },
    });
  });

  test('of tables sends the columns once', () => {
    const harness = makeHarness();
    const watch = harness.watch(`${CONFIGMAPS}?watch=1&resourceVersion=${revisionOf(harness)}`, {
      headers: TABLE,
    });
    create(harness, 'a');
    create(harness, 'b');
    const tables = watch.drain() as unknown as readonly {
      readonly object: { readonly columnDefinitions: unknown };
    }[];
    expect(tables.map(({ object }) => object.columnDefinitions === null)).toEqual([false, true]);
    create(harness, 'c');
    const [later] = watch.drain() as unknown as typeof tables;
    expect(later?.object.columnDefinitions).toBe(null);
  });

  test('of metadata leaves the rest out', () => {
    const harness = makeHarness();
    const watch = harness.watch(`${CONFIGMAPS}?watch=1`, { headers: METADATA });
    const [event] = first(watch);
    expect(event?.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(Object.keys(event?.object ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  test.each([
    ['a revision that is no number', 'resourceVersion=x', 500],
    ['a match without initial events', 'resourceVersion=1&resourceVersionMatch=Exact', 422],
    ['initial events without a match', 'sendInitialEvents=true', 422],
  ])('refuses %s', (_what, query, code) => {
    expect(makeHarness().request('GET', `${CONFIGMAPS}?watch=1&${query}`).status).toBe(code);
  });
});

import { expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness, type Reply } from '../support/harness.ts';
import {
  type Difference,
  differences,
  normalise,
  printReport,
  type RecordedRequest,
  replay,
} from '../support/oracle.ts';

/** What of an answer was recorded: a whole body, the outline of a list or table, events, or text. */
interface RecordedAnswer {
  readonly status: number;
  readonly contentType?: string | null;
  readonly body?: unknown;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly events?: readonly unknown[];
  readonly text?: string;
}

interface Exchange {
  readonly request: RecordedRequest;
  readonly response: RecordedAnswer;
}

interface ReadCase extends Partial<Exchange> {
  readonly id: string;
  readonly steps?: readonly Exchange[];
  readonly path?: string;
  readonly ok?: readonly string[];
  readonly refused?: Readonly<Record<string, string>>;
}

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly annotations?: unknown;
}

interface Item {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: Meta;
}

interface Body extends Item {
  readonly metadata: Meta & { readonly continue?: string };
  readonly items?: readonly Item[];
  readonly columnDefinitions?: readonly { readonly name: string }[];
  readonly rows?: readonly { readonly cells: readonly unknown[]; readonly object: Item | null }[];
}

const FUTURE = '99999999';
const COLLECTIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Pod: 'pods',
  Secret: 'secrets',
};
const MERGE = { 'content-type': 'application/merge-patch+json' };

const makeNamespace = (harness: Harness, name: string): void => {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  harness.expect(201, 'POST', '/api/v1/namespaces', { body });
};

/** The fixtures in a namespace, with the changes their note tells; answers with the revision between the two. */
const fill = (harness: Harness, namespace: string): string => {
  const base = `/api/v1/namespaces/${namespace}`;
  makeNamespace(harness, namespace);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  harness.expect(201, 'POST', `${base}/serviceaccounts`, { body: account });
  for (const item of readGoldenJson<{ readonly fixtures: readonly Item[] }>('reads-fixtures.json.gz')
    .fixtures) {
    const body = { ...item, metadata: { ...item.metadata, namespace } };
    harness.expect(201, 'POST', `${base}/${COLLECTIONS[item.kind]}`, { body });
  }
  const old = harness.get<Body>(`${base}/configmaps`).metadata.resourceVersion ?? '';
  const patch = (path: string, body: unknown) =>
    harness.expect(200, 'PATCH', `${base}/${path}`, { body, headers: MERGE });
  patch('pods/p1/status', { status: { phase: 'Running', podIP: '10.1.2.3' } });
  patch('configmaps/c1', { data: { n: 'changed' } });
  harness.expect(200, 'DELETE', `${base}/configmaps/c5`);
  const c9 = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c9', labels: { odd: '1' } } };
  harness.expect(201, 'POST', `${base}/configmaps`, { body: c9 });
  return old;
};

/** A cluster whose first revisions are compacted, with the fixtures in two namespaces. */
const makeScene = () => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  makeNamespace(harness, 'noise');
  for (let index = 0; index < 1_200; index += 1) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'n-' } };
    harness.expect(201, 'POST', '/api/v1/namespaces/noise/configmaps', { body });
  }
  harness.advance(3_600_000);
  fill(harness, 'listing-too');
  const old = fill(harness, 'listing');
  const now = harness.get<Body>('/api/v1/namespaces/listing/configmaps').metadata.resourceVersion ?? '';
  return { harness, old, now };
};

const scene = makeScene();

const filled = (text: string, next: string | undefined): string =>
  text
    .replaceAll('{old}', scene.old)
    .replaceAll('{now}', scene.now)
    .replaceAll('{future}', FUTURE)
    .replaceAll('{cont}', next ?? '');

const rowOutline = (row: NonNullable<Body['rows']>[number]): unknown => ({
  cells: row.cells,
  object:
    row.object === null
      ? null
      : { apiVersion: row.object.apiVersion, kind: row.object.kind, keys: Object.keys(row.object).sort() },
});

const namesOf = (body: Body): readonly string[] => (body.items ?? []).map((item) => item.metadata.name);

const itemKeys = (body: Body): Readonly<Record<string, unknown>> => {
  const [item] = body.items ?? [];
  return item === undefined ? {} : { itemKeys: Object.keys(item).sort() };
};

const outline = (body: Body): Readonly<Record<string, unknown>> => {
  const head = { kind: body.kind, apiVersion: body.apiVersion };
  if (body.columnDefinitions !== undefined) {
    const { resourceVersion: _resourceVersion, ...metadata } = body.metadata;
    const columns = body.columnDefinitions.map((column) => column.name);
    return { ...head, columns, rows: (body.rows ?? []).map(rowOutline), metadata };
  }
  return { ...head, names: namesOf(body), metadata: body.metadata, ...itemKeys(body) };
};

/** A recorded revision says only that it is a later one; any will do. */
const compareAnswer = (recorded: RecordedAnswer, reply: Reply): Difference[] => {
  const { status, contentType, text, body, events: _events, ...outlined } = recorded;
  const found = differences(status, reply.status, 'status');
  if (contentType) found.push(...differences(contentType, reply.headers['Content-Type'], 'contentType'));
  if (text !== undefined && !reply.body.startsWith(text)) {
    found.push({ path: 'text', expected: text, actual: reply.body });
  }
  if (body !== undefined) found.push(...differences(body, normalise(reply.json), 'body'));
  if (recorded.kind !== undefined) {
    const expected = JSON.parse(filled(JSON.stringify(outlined), undefined));
    found.push(...differences(expected, outline(reply.json as Body), 'outline'));
  }
  return found;
};

const eventOutline = (event: { readonly type: string; readonly object: Item }): unknown => {
  const { type, object } = event;
  if (type === 'ERROR') return { type, status: object };
  const { name, annotations } = object.metadata;
  return {
    type,
    kind: object.kind,
    ...(name === undefined ? {} : { name }),
    ...(type === 'BOOKMARK' && annotations !== undefined ? { annotations } : {}),
  };
};

const compareWatch = (recorded: RecordedAnswer, url: string): Difference[] => {
  const watch = scene.harness.watch(url);
  const events = watch.frames.map((frame) => eventOutline(JSON.parse(frame)));
  return differences(recorded.events, events, 'events');
};

const run = (
  { request, response }: Exchange,
  next: string | undefined,
): readonly [Difference[], Reply | undefined] => {
  const url = filled(request.path, next);
  if (response.events !== undefined || url.includes('/watch/')) {
    return [compareWatch({ events: [], ...response }, url), undefined];
  }
  const reply = scene.harness.request(request.method, url, {
    headers: { accept: '*/*', ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  return [compareAnswer(response, reply), reply];
};

const runSteps = (steps: readonly Exchange[]): Difference[] => {
  let next: string | undefined;
  return steps.flatMap((step) => {
    const [found, reply] = run(step, next);
    next = (reply?.json as Body | undefined)?.metadata?.continue ?? next;
    return found;
  });
};

const runSelectable = (item: ReadCase): Difference[] => {
  const ask = (field: string) => scene.harness.request('GET', `${item.path}?fieldSelector=${field}%3Dx`);
  const ok = (item.ok ?? []).flatMap((field) => differences(200, ask(field).status, field));
  const refused = Object.entries(item.refused ?? {}).flatMap(([field, expected]) => {
    const reply = ask(field);
    const { message = '' } = (reply.json ?? {}) as { readonly message?: string };
    return differences(expected, `${reply.status} ${message}`, field);
  });
  return [...ok, ...refused];
};

test('recorded reads are answered as recorded', () => {
  const cases = readGoldenLines<ReadCase>('reads.jsonl.gz').filter(
    // Custom kinds and groups of the recording's server.
    (item) => item.path?.includes('example.com') !== true && item.id !== 'query apis root slash',
  );
  const result = replay(cases, (item) => {
    if (item.steps !== undefined) return runSteps(item.steps);
    if (item.path !== undefined) return runSelectable(item);
    const { request, response } = item;
    if (request === undefined || response === undefined) throw new Error('no exchange');
    return run({ request, response }, undefined)[0];
  });
  if (process.env['REPORT'] === '1') console.log(printReport('reads', result, 100));
  expect(result.percent).toBeGreaterThan(99);
});

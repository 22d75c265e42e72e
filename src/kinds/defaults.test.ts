import { describe, expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../../test/support/golden.ts';
import { makeMemoryLookup } from '../../test/support/memory-lookup.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { decodeValue } from '../machinery/decode.ts';
import type { Draft } from '../machinery/object.ts';
import { makeBuiltinCatalog } from './catalog.ts';
import { child, ensure, items } from './common/draft.ts';
import type { StrategyContext } from './define.ts';

const catalog = makeBuiltinCatalog();

const context: StrategyContext = {
  now: Date.parse('2026-01-01T00:00:00Z'),
  lookup: makeMemoryLookup([]),
  identity: { username: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] },
  random: () => 0,
};

/** What a create makes of a body, before admission: decoded, defaulted, prepared, canonical. */
const create = (body: Draft): Draft => {
  const [version = '', group = ''] = String(body['apiVersion']).split('/').reverse();
  const resolved = catalog.kind(group, version, String(body['kind']));
  if (!resolved) throw new Error(`unknown kind ${String(body['kind'])}`);
  const decoded = decodeValue(body, resolved.version.schema);
  if (!decoded.ok) throw new Error(decoded.error);
  const { draft } = decoded.value;
  Object.assign(draft, { apiVersion: body['apiVersion'], kind: body['kind'] });
  if (!resolved.kind.virtual) {
    ensure(draft, 'metadata')['uid'] = '<uid>';
    if (resolved.kind.generationFields.length > 0) ensure(draft, 'metadata')['generation'] = 1;
  }
  resolved.version.toStorage?.(draft);
  resolved.kind.defaults?.(draft);
  resolved.kind.prepareForCreate?.(draft, context);
  resolved.version.fromStorage?.(draft);
  return toCanonical(draft, resolved.version.schema);
};

/** Objects whose status a controller of the recorded server had filled, or a node it had tainted. */
const TENDED = ['APIService', 'FlowSchema', 'ResourceQuota', 'Node'];

const VIRTUAL = ['LocalSubjectAccessReview', 'SelfSubjectRulesReview', 'SelfSubjectReview'];
const isToken = (item: Draft): boolean => String(item['name']).startsWith('kube-api-access-');

const without = (holder: Draft | undefined, field: string, drop: (item: Draft) => boolean): void => {
  if (!holder?.[field]) return;
  const left = items(holder, field).filter((item) => !drop(item));
  if (left.length === 0) delete holder[field];
  else holder[field] = left;
};

/** Takes out what admission adds to pods, claims and volumes. */
const withoutAdmission = (object: Draft): Draft => {
  const copy = structuredClone(object);
  const metadata = child(copy, 'metadata');
  for (const field of ['finalizers', 'uid', 'ownerReferences']) delete metadata?.[field];
  if (TENDED.includes(String(copy['kind']))) delete copy['status'];
  if (copy['kind'] === 'Node')
    without(child(copy, 'spec'), 'taints', ({ key }) => key === 'node.kubernetes.io/not-ready');
  if (copy['kind'] === 'ClusterRole' || copy['kind'] === 'ResourceClaim') return copy;
  const spec = child(copy, 'spec');
  if (!spec || copy['kind'] !== 'Pod') {
    delete spec?.['storageClassName'];
    return copy;
  }
  for (const field of ['priority', 'preemptionPolicy', 'serviceAccount', 'serviceAccountName'])
    delete spec[field];
  without(spec, 'volumes', isToken);
  without(spec, 'tolerations', ({ key }) =>
    /node.kubernetes.io\/(not-ready|unreachable|memory-pressure)/.test(String(key)),
  );
  for (const container of [...items(spec, 'containers'), ...items(spec, 'initContainers')]) {
    without(container, 'volumeMounts', isToken);
  }
  return copy;
};

const ADDRESS = /^10\.0\.0\.\d+$/;

/** Hides what the recording hides: addresses, node ports, times. */
const masked = (value: unknown, field = ''): unknown => {
  if (Array.isArray(value)) return value.map((item) => masked(item, field));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner, key)]));
  }
  if (/^clusterIPs?$/.test(field) && ADDRESS.test(String(value))) return '<clusterIP>';
  if (/^(nodePort|healthCheckNodePort)$/.test(field) && typeof value === 'number') return '<nodePort>';
  if (value === '2026-01-01T00:00:00Z') return '<now>';
  return value;
};

const comparable = (object: Draft): unknown => masked(JSON.parse(JSON.stringify(withoutAdmission(object))));

interface DefaultsCase {
  readonly id: string;
  readonly request: { readonly bodyFrom: string };
  readonly response: { readonly status: number; readonly body: Draft };
}

const manifests = readGoldenJson<Record<string, Draft>>('manifests.json.gz');

describe('a created object is defaulted as a real server does it', () => {
  const cases = readGoldenLines<DefaultsCase>('defaults.jsonl.gz').filter(
    ({ response }) => response.status === 201 && !VIRTUAL.includes(String(response.body['kind'])),
  );

  test.each(cases)('$id', ({ request, response }) => {
    expect(comparable(create(manifests[request.bodyFrom] ?? {}))).toEqual(comparable(response.body));
  });
});

describe('a stored object reads as a real server shows it', () => {
  const bases = readGoldenJson<Record<string, Draft>>('update-bases.json.gz');
  const moved = (object: Draft): unknown =>
    JSON.parse(JSON.stringify(comparable(object)).replaceAll('"upd"', '"oracle"'));

  test.each(Object.keys(bases).filter((id) => manifests[id]))('%s', (id) => {
    const base = bases[id] ?? {};
    if (base['kind'] === 'CustomResourceDefinition') return;
    expect(moved(create(manifests[id] ?? {}))).toEqual(moved(base));
  });
});

/** The scale subresource of every kind that declares its paths: autoscaling/v1 Scale in and out. */

import type { ScalePaths } from '../../kinds/define.ts';
import { cloneJson } from '../../machinery/deep.ts';
import { invalidValue } from '../../machinery/field-error.ts';
import { printGroupVersion } from '../../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../../machinery/object.ts';
import { fromScaleEntries, replicasPath, toScaleEntries } from '../../machinery/scale-fields.ts';
import { fromLabelSelector, type LabelSelectorObject, printLabelSelector } from '../../machinery/selector.ts';
import { conflict, invalid, resourceNotFound } from '../../machinery/status.ts';
import type { AdmissionRequest, Registry, Target, Written } from '../contract.ts';
import { refOf } from '../dependencies.ts';
import { preconditionFailed } from '../storage-errors.ts';

const segments = (path: string): readonly string[] =>
  (path.startsWith('.') ? path.slice(1) : path).split('.');

const readPath = (object: Readonly<Record<string, unknown>>, path: string): unknown => {
  let value: unknown = object;
  for (const segment of segments(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return value;
};

const writePath = (draft: Draft, path: string, value: unknown): void => {
  const parts = segments(path);
  let holder = draft;
  for (const segment of parts.slice(0, -1)) {
    const next = holder[segment];
    const made = typeof next === 'object' && next !== null ? (next as Draft) : {};
    holder[segment] = made;
    holder = made;
  }
  holder[parts[parts.length - 1] ?? ''] = value;
};

const printSelector = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const isPlainMap = Object.values(value).every((item) => typeof item === 'string');
  if (isPlainMap && !('matchLabels' in value) && !('matchExpressions' in value)) {
    const pairs = Object.entries(value as Readonly<Record<string, string>>);
    return pairs
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${key}=${item}`)
      .join(',');
  }
  const terms = fromLabelSelector(value as LabelSelectorObject);
  return terms.ok ? printLabelSelector(terms.value) : '';
};

const pathsOf = (target: Target): ScalePaths => {
  if (target.kind.scale === undefined) throw resourceNotFound();
  return target.kind.scale;
};

/** The Scale that stands for an object. */
export const scaleOf = (target: Target, object: KubeObject): KubeObject => {
  const paths = pathsOf(target);
  const record = asRecord(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = readPath(record, paths.specReplicas);
  const selector = paths.selector === undefined ? '' : printSelector(readPath(record, paths.selector));
  const current = readPath(record, paths.statusReplicas);
  const scale = {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof current === 'number' ? current : 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
  return scale as unknown as KubeObject;
};

type Entries = KubeObject['metadata']['managedFields'];

/** The Scale of an object with the entries that go with it. */
export const scaleWithEntries = (target: Target, object: KubeObject): KubeObject => {
  const scale = scaleOf(target, object);
  const path = replicasPath(target.kind.scale?.specReplicas ?? '');
  const managedFields = toScaleEntries(object.metadata.managedFields, path);
  if (managedFields === undefined) return scale;
  return { ...scale, metadata: { ...scale.metadata, managedFields } };
};

/** Entries of the object whose Scale was written with these entries. */
export const entriesAfterScale = (target: Target, old: KubeObject, scaleEntries: Entries): Entries =>
  fromScaleEntries(
    old.metadata.managedFields,
    scaleEntries,
    replicasPath(target.kind.scale?.specReplicas ?? ''),
    printGroupVersion(target.version),
  );

const replicasOf = (scale: Draft): number => {
  const spec = scale['spec'] as { readonly replicas?: number } | undefined;
  return spec?.replicas ?? 0;
};

/** An update of a scale as admission sees it: of a Scale, not of the object that carries it. */
export const shownAsScale = (
  target: Target,
  request: AdmissionRequest,
  draft: Draft,
  old: KubeObject,
): AdmissionRequest & { readonly object: Draft } => ({
  ...request,
  bodyKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  object: cloneJson(scaleOf(target, draft as unknown as KubeObject)) as unknown as Draft,
  old: scaleOf(target, old),
});

/** Takes over the replicas that admission left in the Scale it was shown. Throws 422 for fewer than none. */
export const takeScale = (target: Target, draft: Draft, scale: Draft): void => {
  checkScale(target, scale);
  const { specReplicas } = pathsOf(target);
  const replicas = replicasOf(scale);
  if (replicas !== (readPath(draft, specReplicas) ?? 0)) writePath(draft, specReplicas, replicas);
};

const checkScale = (target: Target, scale: Draft): void => {
  const replicas = replicasOf(scale);
  if (replicas >= 0) return;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, target.name ?? '', [
    invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
};

type Update = Registry['update'];

/** Updates the parent's replicas through a Scale; `update` writes the parent. Answers with the new Scale. */
export const updateScale = (
  update: Update,
  target: Target,
  change: Parameters<Update>[1],
  identity: Parameters<Update>[2],
  options: Parameters<Update>[3],
): Written => {
  const paths = pathsOf(target);
  const written = update(
    target,
    (draft, current) => {
      const before = scaleOf(target, current);
      const scale = change(cloneJson(before) as unknown as Draft, before);
      if (scale === undefined) return undefined;
      checkScale(target, scale);
      const metadata = (scale['metadata'] ?? {}) as Draft;
      const name = target.name ?? '';
      if (metadata['uid'] && metadata['uid'] !== current.metadata.uid) {
        const cause = preconditionFailed(target, 'UID', String(metadata['uid']), current.metadata.uid);
        throw conflict(refOf(target.kind), name, cause);
      }
      writePath(draft, paths.specReplicas, replicasOf(scale));
      if (metadata['resourceVersion']) {
        (draft['metadata'] as Draft)['resourceVersion'] = metadata['resourceVersion'];
      }
      if (options.tracked === true) {
        const entries = entriesAfterScale(target, current, metadata['managedFields'] as Entries);
        if (entries === undefined) delete (draft['metadata'] as Draft)['managedFields'];
        else (draft['metadata'] as Draft)['managedFields'] = entries;
      }
      return draft;
    },
    identity,
    { ...options, replaces: false },
  );
  const { stored: _stored, ...rest } = written;
  return { ...rest, object: scaleOf(target, written.object) };
};

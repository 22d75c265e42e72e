/** What each way of updating an object may change, and which rules judge it (upstream's update strategies). */

import type { Kind, StrategyContext } from '../kinds/define.ts';
import type { FieldError } from '../machinery/field-error.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import { resourceNotFound } from '../machinery/status.ts';
import type { Target } from './contract.ts';
import { metaOf } from './system-fields.ts';

export interface UpdateStrategy {
  /** Takes back what this write may not touch. */
  readonly prepare: (kind: Kind, draft: Draft, old: KubeObject, context: StrategyContext) => void;
  readonly validate: (
    kind: Kind,
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ) => readonly FieldError[];
}

const main: UpdateStrategy = {
  prepare: (kind, draft, old, context) => kind.prepareForUpdate?.(draft, old, context),
  validate: (kind, object, old, context) => kind.validateUpdate?.(object, old, context) ?? [],
};

/** Everything but the named top-level fields and metadata comes from the stored object. */
const keepAllBut = (draft: Draft, old: KubeObject, fields: readonly string[]): void => {
  const before = asRecord(old);
  for (const field of Object.keys(draft)) {
    if (field !== 'metadata' && !fields.includes(field) && !(field in before)) delete draft[field];
  }
  for (const [field, value] of Object.entries(before)) {
    if (field !== 'metadata' && !fields.includes(field)) draft[field] = value;
  }
};

type MetaField = keyof KubeObject['metadata'];

/** Metadata a status write may not change, by kind. */
const STATUS_KEEPS: Readonly<Record<string, readonly MetaField[]>> = {
  Pod: ['ownerReferences'],
  Deployment: ['labels'],
};

const keepMetadata = (draft: Draft, old: KubeObject, fields: readonly MetaField[]): void => {
  const metadata = metaOf(draft) as Record<string, unknown>;
  for (const field of fields) {
    const value = old.metadata[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
};

const CUSTOM_KEEPS: readonly MetaField[] = [
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
];

/** Fields of metadata that a status write of a kind takes back. */
export const statusKeeps = (kind: Kind): readonly MetaField[] =>
  kind.custom === true ? CUSTOM_KEEPS : (STATUS_KEEPS[kind.kind] ?? []);

const status: UpdateStrategy = {
  prepare: (kind, draft, old, context) => {
    keepAllBut(draft, old, ['status']);
    keepMetadata(draft, old, statusKeeps(kind));
    kind.prepareForUpdate?.(draft, old, context);
  },
  validate: (kind, object, old, context) => kind.validateStatusUpdate?.(object, old, context) ?? [],
};

/** Copies one path of the draft into what is otherwise the stored object. */
const onlyPath = (path: readonly [string, string]): UpdateStrategy => ({
  prepare: (kind, draft, old, context) => {
    const [outer, inner] = path;
    const wanted = (draft[outer] as Readonly<Record<string, unknown>> | undefined)?.[inner];
    keepAllBut(draft, old, []);
    const { [inner]: _old, ...rest } = (asRecord(old)[outer] ?? {}) as Readonly<Record<string, unknown>>;
    draft[outer] = { ...rest, ...(wanted === undefined ? {} : { [inner]: wanted }) };
    kind.prepareForUpdate?.(draft, old, context);
  },
  validate: (kind, object, old, context) => kind.validateUpdate?.(object, old, context) ?? [],
});

type Container = { readonly name?: string; readonly [field: string]: unknown };

type Spec = Readonly<Record<string, unknown>>;

const specOf = (value: unknown): Spec => ((value as { readonly spec?: unknown }).spec ?? {}) as Spec;

const listOf = (spec: Spec, field: string): readonly Container[] =>
  Array.isArray(spec[field]) ? (spec[field] as readonly Container[]) : [];

const RESIZED = ['resources', 'resizePolicy'] as const;

/** The stored containers with what a resize may change. Renamed or moved ones stay as they came: validation refuses them. */
const resizedContainers = (
  before: readonly Container[],
  wanted: readonly Container[],
): readonly Container[] => {
  if (wanted.some(({ name }, index) => name !== before[index]?.name)) return wanted;
  return before.map((container, index) => {
    const next: Record<string, unknown> = { ...container };
    for (const field of RESIZED) {
      const value = wanted[index]?.[field];
      if (value === undefined) delete next[field];
      else next[field] = value;
    }
    return next as Container;
  });
};

const LISTS = ['containers', 'initContainers'] as const;

/** Metadata that writes of parts of a pod take back (apimachinery ResetObjectMetaForStatus). */
const PART_KEEPS: readonly MetaField[] = [
  'deletionTimestamp',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
];

const resize: UpdateStrategy = {
  prepare: (kind, draft, old, context) => {
    const [wanted, before] = [specOf(draft), specOf(old)];
    // Containers that were added or removed are for validation to refuse: nothing is taken back then.
    if (LISTS.every((field) => listOf(wanted, field).length === listOf(before, field).length)) {
      keepAllBut(draft, old, []);
      const spec: Record<string, unknown> = { ...before };
      for (const field of LISTS)
        if (field in before) spec[field] = resizedContainers(listOf(before, field), listOf(wanted, field));
      if (wanted['resources'] === undefined) delete spec['resources'];
      else spec['resources'] = wanted['resources'];
      draft['spec'] = spec;
      keepMetadata(draft, old, PART_KEEPS);
    }
    kind.prepareForUpdate?.(draft, old, context);
  },
  validate: main.validate,
};

const ephemeralContainers: UpdateStrategy = {
  ...onlyPath(['spec', 'ephemeralContainers']),
  prepare: (kind, draft, old, context) => {
    keepMetadata(draft, old, PART_KEEPS);
    onlyPath(['spec', 'ephemeralContainers']).prepare(kind, draft, old, context);
  },
};

/** Writes of the server's own, made by a subresource's code: nothing to keep, nothing to check again. */
const internal: UpdateStrategy = { prepare: () => undefined, validate: () => [] };

const STRATEGIES: Readonly<Record<string, UpdateStrategy>> = {
  status,
  scale: main,
  ephemeralcontainers: ephemeralContainers,
  resize,
  approval: onlyPath(['status', 'conditions']),
  binding: internal,
  eviction: internal,
  finalize: onlyPath(['spec', 'finalizers']),
};

/** The strategy of a target's subresource; 404 for one that updates nothing. */
export const updateStrategyOf = (target: Target): UpdateStrategy => {
  if (target.subresource === undefined) return main;
  const strategy = STRATEGIES[target.subresource];
  if (strategy === undefined) throw resourceNotFound();
  return strategy;
};

/**
 * Create and update, step by step (apiserver endpoints/handlers create.go, update.go and registry/generic/registry
 * store.go): defaults, field ownership, mutating admission, system fields, the kind's own preparation, rules,
 * validating admission, then the store. A dry run stops before the last step.
 */

import type { Identity } from '../auth/identity.ts';
import type { Kind, StrategyContext } from '../kinds/define.ts';
import { cloneJson, deepEqual } from '../machinery/deep.ts';
import { type FieldError, invalidValue } from '../machinery/field-error.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  makeStatus,
  notFound,
  requestEntityTooLarge,
  StatusError,
} from '../machinery/status.ts';
import { TooLargeError } from '../store/failures.ts';
import type { Stored } from '../store/reader.ts';
import type { AdmissionRequest, Registry, Target, WriteOptions, Written } from './contract.ts';
import {
  canonicalOf,
  keyOfKind,
  makeStrategyContext,
  type RegistryDeps,
  refOf,
  storageGroup,
} from './dependencies.ts';
import { checkMetadataUpdate, checkNewMetadata } from './metadata-rules.ts';
import { generateName, makeUid, metaOf, stampNewMetadata, wipeSystemFields } from './system-fields.ts';
import { type UpdateStrategy, updateStrategyOf } from './update-strategies.ts';

const GENERATE_ATTEMPTS = 8;

type UpdateOptions = Parameters<Registry['update']>[3];

/** Runs a store write; an object over the limit is the client's fault. */
export const storing = <Result>(work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    if (error instanceof TooLargeError) throw requestEntityTooLarge('etcdserver: request is too large');
    throw error;
  }
};

// Upstream judges the stored type: an events.k8s.io Event is refused as a core one.
const kindRefOf = (kind: Kind) => ({ group: storageGroup(kind), kind: kind.kind });

const refuseErrors = (kind: Kind, name: string, errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalid(kindRefOf(kind), name, errors);
};

/** The namespace of a new object: the request's, which the body may repeat but not contradict. */
const settleNamespace = (target: Target, draft: Draft): void => {
  const metadata = metaOf(draft);
  const { kind, namespace } = target;
  if (!kind.namespaced) {
    if (metadata.namespace !== undefined && metadata.namespace !== '') delete metadata.namespace;
    return;
  }
  if (metadata.namespace === undefined || metadata.namespace === '') {
    if (namespace === '') throw badRequest('an empty namespace may not be set during creation');
    metadata.namespace = namespace;
  } else if (namespace !== '' && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
};

const isFree = (deps: RegistryDeps, kind: Kind, namespace: string, name: string): boolean =>
  deps.store.get(keyOfKind(kind, namespace, name)) === undefined;

/** A free generated name; upstream tries eight times. */
const nameFor = (deps: RegistryDeps, target: Target, base: string): string => {
  const { kind, namespace } = target;
  let name = '';
  for (let attempt = 0; attempt < GENERATE_ATTEMPTS; attempt += 1) {
    name = generateName(deps.random, base, `name/${kind.resource}/${namespace}/${attempt}`);
    if (isFree(deps, kind, namespace, name)) return name;
  }
  throw new StatusError(
    makeStatus(
      409,
      'AlreadyExists',
      `${refOf(kind).resource} "${name}" already exists, the server was not able to generate a unique name for the object`,
      { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.resource, retryAfterSeconds: 1 },
    ),
  );
};

const admissionRequest = (
  target: Target,
  operation: 'CREATE' | 'UPDATE',
  draft: Draft,
  old: KubeObject | undefined,
  identity: Identity,
  options: WriteOptions,
): AdmissionRequest => {
  const metadata = metaOf(draft);
  return {
    operation,
    kind: target.kind,
    namespace: target.kind.namespaced ? target.namespace || (metadata.namespace ?? '') : '',
    name: target.name ?? metadata.name ?? '',
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    object: draft,
    ...(old === undefined ? {} : { old }),
    identity,
    dryRun: options.dryRun === true,
  };
};

/** Ownership, then mutators; defaults are filled in again for what mutators added. */
const admitMutating = (
  deps: RegistryDeps,
  request: AdmissionRequest & { readonly object: Draft },
): readonly string[] => {
  const warnings = deps.admit(request, 'mutate');
  request.kind.defaults?.(request.object);
  return warnings;
};

/** Creates an object; throws AlreadyExists, Invalid, or what admission refuses with. */
export const create = (
  deps: RegistryDeps,
  target: Target,
  given: Draft,
  identity: Identity,
  options: WriteOptions,
): Written => {
  const { kind } = target;
  const now = deps.now();
  const context = makeStrategyContext(deps, identity, options.dryRun);
  const draft = canonicalOf(kind, given);
  settleNamespace(target, draft);
  const scope: Target = { ...target, namespace: kind.namespaced ? (metaOf(draft).namespace ?? '') : '' };
  wipeSystemFields(metaOf(draft));
  kind.defaults?.(draft);
  if (options.tracked !== true && options.fieldManager !== undefined) {
    deps.track?.(draft, { target: scope, old: undefined, manager: options.fieldManager, now });
  }
  const request = admissionRequest(scope, 'CREATE', draft, undefined, identity, options);
  const warnings = [...admitMutating(deps, { ...request, object: draft })];

  const metadata = metaOf(draft);
  if (!metadata.name && metadata.generateName) metadata.name = nameFor(deps, scope, metadata.generateName);
  const name = metadata.name ?? '';
  const { resourceVersion } = metadata;
  stampNewMetadata(draft, {
    uid: makeUid(deps.random, `uid/${kind.resource}/${scope.namespace}/${name}`),
    now,
    generation: kind.generationFields.length > 0,
  });
  kind.prepareForCreate?.(draft, context);
  const object = canonicalOf(kind, draft) as unknown as KubeObject;
  refuseErrors(kind, name, [
    ...checkNewMetadata(kind, object.metadata),
    ...(kind.validate?.(object, context) ?? []),
  ]);
  warnings.push(...(kind.warnings?.(object, undefined) ?? []));
  warnings.push(...deps.admit({ ...request, name }, 'validate'));

  const key = keyOfKind(kind, scope.namespace, name);
  if (deps.store.get(key) !== undefined) throw alreadyExists(refOf(kind), name);
  if (resourceVersion !== undefined && resourceVersion !== '') {
    const status = makeStatus(500, undefined, 'resourceVersion should not be set on objects to be created');
    throw new StatusError(status);
  }
  if (options.dryRun === true) {
    const { resourceVersion: _none, ...shown } = object.metadata;
    return { object: { ...object, metadata: shown }, created: true, changed: true, warnings };
  }
  const stored = storing(() => deps.store.put(key, object, now, 'absent'));
  return { object: stored.object, created: true, changed: true, warnings, stored };
};

const checkPreconditions = (
  target: Target,
  stored: Stored,
  preconditions: UpdateOptions['preconditions'],
): void => {
  const { uid, resourceVersion } = preconditions ?? {};
  const { metadata } = stored.object;
  const ref = refOf(target.kind);
  const name = metadata.name ?? '';
  if (uid !== undefined && uid !== metadata.uid) {
    const cause = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`;
    throw conflict(ref, name, cause);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      ref,
      name,
      `Precondition failed: RV in precondition: ${resourceVersion}, RV in object meta: ${metadata.resourceVersion ?? ''}`,
    );
  }
};

/** The resourceVersion of an update: absent is allowed where the kind says so, stale never. */
const settleRevision = (target: Target, draft: Draft, stored: Stored): void => {
  const { kind } = target;
  const metadata = metaOf(draft);
  const given = metadata.resourceVersion ?? '';
  const name = stored.object.metadata.name ?? '';
  if (given === '' || given === '0') {
    if (!kind.unconditionalUpdate) {
      refuseErrors(kind, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    }
    metadata.resourceVersion = stored.object.metadata.resourceVersion ?? '';
    return;
  }
  if (!/^\d+$/.test(given)) {
    const quoted = JSON.stringify(given);
    const text = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
    throw new StatusError(makeStatus(500, undefined, text));
  }
  if (given !== stored.object.metadata.resourceVersion) throw conflict(refOf(kind), name);
};

/** Restores what an update can never change, whatever it says. */
const keepSystemFields = (draft: Draft, old: KubeObject): void => {
  const metadata = metaOf(draft);
  const before = old.metadata;
  if (!metadata.uid && before.uid !== undefined) metadata.uid = before.uid;
  if (before.generation !== undefined) metadata.generation = before.generation;
  else delete metadata.generation;
  if (before.creationTimestamp !== undefined) metadata.creationTimestamp = before.creationTimestamp;
  if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp = before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    metadata.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds;
  }
  delete metadata.selfLink;
};

/** The value at a dotted path. */
const valueAt = (root: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, field) => (value as Draft | null | undefined)?.[field], root);

const bumpGeneration = (kind: Kind, draft: Draft, old: KubeObject): void => {
  if (kind.generationFields.length === 0) return;
  const before = asRecord(old);
  if (kind.generationFields.some((path) => !deepEqual(valueAt(draft, path), valueAt(before, path)))) {
    metaOf(draft).generation = (old.metadata.generation ?? 0) + 1;
  }
};

/** True when the update took the last finalizer of an object that is being deleted. */
const completesDeletion = (kind: Kind, next: KubeObject, old: KubeObject): boolean => {
  if ((next.metadata.finalizers ?? []).length > 0 || old.metadata.deletionTimestamp === undefined)
    return false;
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  if (kind.group !== '' || kind.kind !== 'Namespace') return true;
  const { finalizers = [] } = (asRecord(next)['spec'] ?? {}) as { readonly finalizers?: readonly string[] };
  return finalizers.length === 0;
};

const isUnchanged = (deps: RegistryDeps, stored: Stored, object: KubeObject): boolean =>
  deepEqual(object, stored.object) || deps.codec.encode(stored.key, object) === stored.text;

/**
 * True when nothing but times of managedFields would change (apiserver endpoints/handlers/fieldmanager/equality.go):
 * such a write is none.
 */
const changesTimesOnly = (deps: RegistryDeps, stored: Stored, object: KubeObject): boolean => {
  const { managedFields: before } = stored.object.metadata;
  const { managedFields: after } = object.metadata;
  if (before === undefined || after === undefined || before.length !== after.length) return false;
  const isTimes = after.every((entry, index) => {
    const { time: _old, ...rest } = before[index] ?? {};
    const { time: _new, ...others } = entry;
    return deepEqual(rest, others);
  });
  if (!isTimes) return false;
  const kept = { ...object, metadata: { ...object.metadata, managedFields: before } };
  return isUnchanged(deps, stored, kept);
};

const prepared = (
  strategy: UpdateStrategy,
  kind: Kind,
  draft: Draft,
  old: KubeObject,
  context: StrategyContext,
): void => {
  keepSystemFields(draft, old);
  strategy.prepare(kind, draft, old, context);
  // Upstream's binding writes around the strategy: the node name it sets raises no generation. Status
  // strategies raise none either, though a status write may carry annotations (Deployments).
  if (context.subresource !== 'binding' && context.subresource !== 'status') bumpGeneration(kind, draft, old);
};

const missing = (deps: RegistryDeps, target: Target, identity: Identity, options: UpdateOptions): Written => {
  const { kind, name = '' } = target;
  const may = options.createsAlways === true || kind.createOnUpdate;
  if (options.createDraft === undefined || !may || target.subresource !== undefined) {
    throw notFound(refOf(kind), name);
  }
  if (options.preconditions?.uid !== undefined) {
    throw conflict(
      refOf(kind),
      name,
      `Precondition failed: UID in precondition: ${options.preconditions.uid}, UID in object meta: `,
    );
  }
  return create(deps, target, options.createDraft(), identity, options);
};

/** Read-modify-write of an object or of a subresource that shows the object itself. */
export const update = (
  deps: RegistryDeps,
  target: Target,
  change: Parameters<Registry['update']>[1],
  identity: Identity,
  options: UpdateOptions,
): Written => {
  const { kind, name = '' } = target;
  const key = keyOfKind(kind, target.namespace, name);
  const stored = deps.store.get(key);
  if (stored === undefined) return missing(deps, target, identity, options);
  const old = stored.object;
  const unchanged: Written = { object: old, created: false, changed: false, warnings: [], stored };
  const wanted = change(options.replaces === true ? {} : (cloneJson(old) as unknown as Draft), old);
  if (wanted === undefined) return unchanged;
  const draft = canonicalOf(kind, wanted);

  const now = deps.now();
  checkPreconditions(target, stored, options.preconditions);
  settleRevision(target, draft, stored);
  const metadata = metaOf(draft);
  if (kind.namespaced && !metadata.namespace) metadata.namespace = target.namespace;
  kind.defaults?.(draft);
  if (options.tracked !== true && options.fieldManager !== undefined) {
    deps.track?.(draft, { target, old, manager: options.fieldManager, now });
  }
  const request = admissionRequest(target, 'UPDATE', draft, old, identity, options);
  const warnings = [...admitMutating(deps, { ...request, object: draft })];

  const context = makeStrategyContext(deps, identity, options.dryRun, target.subresource);
  const strategy = updateStrategyOf(target);
  prepared(strategy, kind, draft, old, context);
  const object = canonicalOf(kind, draft) as unknown as KubeObject;
  refuseErrors(kind, object.metadata.name ?? '', [
    ...checkMetadataUpdate(kind, object.metadata, old.metadata),
    ...strategy.validate(kind, object, old, context),
  ]);
  warnings.push(...(kind.warnings?.(object, old) ?? []));
  warnings.push(...deps.admit(request, 'validate'));

  if (completesDeletion(kind, object, old)) {
    if (options.dryRun === true) return { object, created: false, changed: true, warnings };
    const removed = storing(() => deps.store.remove(key, object, now, stored.revision));
    return { object: removed.object, created: false, changed: true, warnings, stored: removed };
  }
  if (isUnchanged(deps, stored, object) || changesTimesOnly(deps, stored, object)) {
    return { ...unchanged, warnings };
  }
  if (options.dryRun === true) return { object, created: false, changed: true, warnings };
  const written = storing(() => deps.store.put(key, object, now, stored.revision));
  return { object: written.object, created: false, changed: true, warnings, stored: written };
};

/**
 * Update, step by step (apiserver endpoints/handlers/update.go and registry/generic/registry/store.go). The change is a
 * function of the current object; nothing can come between reading and writing, so it runs once.
 */

import type { Identity } from '../auth/identity.ts';
import type { Kind, StrategyContext } from '../kinds/define.ts';
import { cloneObject, deepEqual, semanticEqual } from '../machinery/deep.ts';
import { invalidValue } from '../machinery/field-error.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import { conflict, invalid, makeStatus, notFound, StatusError, telling } from '../machinery/status.ts';
import type { Stored } from '../store/reader.ts';
import type { Registry, Target, Written } from './contract.ts';
import { create } from './create.ts';
import {
  canonicalOf,
  keyOfKind,
  makeStrategyContext,
  type RegistryDeps,
  refOf,
  workingFormOf,
} from './dependencies.ts';
import { checkMetadataUpdate } from './metadata-rules.ts';
import { sharedDraft } from './shared-draft.ts';
import { preconditionFailed } from './storage-errors.ts';
import { shownAsScale, takeScale } from './subresources/scale.ts';
import { metaOf } from './system-fields.ts';
import { type UpdateStrategy, updateStrategyOf } from './update-strategies.ts';
import { admissionRequest, admitMutating, refuseErrors, storing } from './write-steps.ts';

type UpdateOptions = Parameters<Registry['update']>[3];

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
    throw conflict(ref, name, preconditionFailed(target, 'UID', uid, metadata.uid));
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const cause = preconditionFailed(target, 'ResourceVersion', resourceVersion, metadata.resourceVersion);
    throw conflict(ref, name, cause);
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
      // Upstream names the resource where the kind belongs.
      throw invalid({ group: kind.group, kind: kind.resource }, name, [
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
  if (kind.generationFields.some((path) => !semanticEqual(valueAt(draft, path), valueAt(before, path)))) {
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

/** Both are canonical, so equal objects have equal texts. */
const isUnchanged = (stored: Stored, object: KubeObject): boolean => deepEqual(object, stored.object);

/**
 * True when nothing but times of managedFields would change (apiserver endpoints/handlers/fieldmanager/equality.go):
 * such a write is none.
 */
const changesTimesOnly = (stored: Stored, object: KubeObject): boolean => {
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
  return isUnchanged(stored, kept);
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
  const { uid } = options.preconditions ?? {};
  if (uid !== undefined) throw conflict(refOf(kind), name, preconditionFailed(target, 'UID', uid, undefined));
  const draft = options.createDraft();
  // An update that creates may come from an object that was there before.
  delete metaOf(draft).resourceVersion;
  return create(deps, target, draft, identity, options);
};

/** Stores what an update led to: nothing when it is equal, the end of the object when it freed the last finalizer. */
const commit = (
  deps: RegistryDeps,
  { kind }: Target,
  stored: Stored,
  object: KubeObject,
  outcome: { readonly dryRun: boolean; readonly warnings: readonly string[] },
): Written => {
  const { dryRun, warnings } = outcome;
  const now = deps.now();
  const written = { created: false, changed: true, warnings };
  if (completesDeletion(kind, object, stored.object)) {
    if (dryRun) return { object, ...written };
    const removed = storing(() => deps.store.remove(stored.key, object, now, stored.revision));
    return { object: removed.object, ...written, stored: removed };
  }
  if (isUnchanged(stored, object) || changesTimesOnly(stored, object)) {
    return { object: stored.object, ...written, changed: false, stored };
  }
  if (dryRun) return { object, ...written };
  const next = storing(() => deps.store.put(stored.key, object, now, stored.revision));
  return { object: next.object, ...written, stored: next };
};

/** Only the main strategy of a kind warns; a scale is written through it. */
const warnsOn = ({ subresource }: Target): boolean => subresource === undefined || subresource === 'scale';

/** What an update starts from, what is to be filled in of it, and which parts are new if not all may be. */
interface Start {
  readonly draft: Draft;
  readonly fill: ((draft: Draft) => void) | undefined;
  readonly parts?: readonly string[];
}

const draftOf = (
  deps: RegistryDeps,
  target: Target,
  wanted: Draft,
  old: KubeObject,
  { shares = false }: UpdateOptions,
): Start => {
  const { kind } = target;
  const fill = kind.defaults;
  if (!shares) return { draft: workingFormOf(kind, wanted), fill };
  const shared = sharedDraft(deps, target, wanted, old);
  if (shared !== undefined) return shared;
  const copy = cloneObject(wanted as unknown as KubeObject) as unknown as Draft;
  return { draft: workingFormOf(kind, copy), fill };
};

/** Read-modify-write of an object or of a subresource that shows the object itself. */
export const update = (
  deps: RegistryDeps,
  target: Target,
  change: Parameters<Registry['update']>[1],
  identity: Identity,
  options: UpdateOptions,
): Written => {
  const warnings: string[] = [];
  return telling(warnings, () => updateTelling(deps, target, change, identity, options, warnings));
};

const updateTelling = (
  deps: RegistryDeps,
  target: Target,
  change: Parameters<Registry['update']>[1],
  identity: Identity,
  options: UpdateOptions,
  warnings: string[],
): Written => {
  const { kind, name = '' } = target;
  const key = keyOfKind(kind, target.namespace, name);
  const stored = deps.store.get(key);
  if (stored === undefined) return missing(deps, target, identity, options);
  const old = stored.object;
  const unchanged: Written = { object: old, created: false, changed: false, warnings: [], stored };
  const wanted = change(options.replaces === true ? {} : (cloneObject(old) as unknown as Draft), old);
  if (wanted === undefined) return unchanged;
  const { draft, fill, parts } = draftOf(deps, target, wanted, old, options);
  const isNew = (part: string): boolean => parts?.includes(part) !== false;

  const now = deps.now();
  checkPreconditions(target, stored, options.preconditions);
  settleRevision(target, draft, stored);
  const metadata = metaOf(draft);
  if (kind.namespaced && !metadata.namespace) metadata.namespace = target.namespace;
  fill?.(draft);
  if (options.tracked !== true && options.fieldManager !== undefined) {
    deps.track?.(draft, { target, old, manager: options.fieldManager, now });
  }
  const request = admissionRequest(target, 'UPDATE', draft, old, identity, options);
  const scale = target.subresource === 'scale' ? shownAsScale(target, request, draft, old) : undefined;
  warnings.push(
    ...(scale === undefined
      ? admitMutating(deps, { ...request, object: draft }, fill)
      : deps.admit(scale, 'mutate')),
  );
  if (scale !== undefined) takeScale(target, draft, scale.object);

  const context = makeStrategyContext(deps, identity, options.dryRun, target.subresource);
  const strategy = updateStrategyOf(target);
  prepared(strategy, kind, draft, old, context);
  // What shares has only its status to judge, which is the same in either form.
  const form = parts === undefined ? workingFormOf : canonicalOf;
  const judged = form(kind, draft, old) as unknown as KubeObject;
  const errors = [
    ...(isNew('metadata')
      ? checkMetadataUpdate(kind, judged.metadata, old.metadata, target.subresource)
      : []),
    ...(isNew('status') || isNew('spec') ? strategy.validate(kind, judged, old, context) : []),
  ];
  if (errors.length > 0) warnings.push(...(kind.warningsOfJudging?.(old) ?? []));
  refuseErrors(kind, judged.metadata.name ?? '', errors);
  const object =
    parts === undefined
      ? (canonicalOf(kind, judged as unknown as Draft, old) as unknown as KubeObject)
      : judged;
  if (options.isQuiet !== true && warnsOn(target)) warnings.push(...(kind.warnings?.(object, old) ?? []));
  warnings.push(...deps.admit(scale ?? request, 'validate'));

  return commit(deps, target, stored, object, { dryRun: options.dryRun === true, warnings });
};

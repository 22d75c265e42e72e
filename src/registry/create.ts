/**
 * Create, step by step (apiserver endpoints/handlers/create.go and registry/generic/registry/store.go): defaults,
 * field ownership, mutating admission, system fields, the kind's own preparation, rules, validating admission, then
 * the store. A dry run stops before the last step.
 */

import type { Identity } from '../auth/identity.ts';
import type { Allocation, Kind } from '../kinds/define.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { alreadyExists, badRequest, makeStatus, StatusError, telling } from '../machinery/status.ts';
import type { Target, WriteOptions, Written } from './contract.ts';
import {
  canonicalOf,
  keyOfKind,
  makeStrategyContext,
  type RegistryDeps,
  refOf,
  workingFormOf,
} from './dependencies.ts';
import { checkNewMetadata } from './metadata-rules.ts';
import { generateName, makeUid, metaOf, stampNewMetadata, wipeSystemFields } from './system-fields.ts';
import { admissionRequest, admitMutating, refuseErrors, storing } from './write-steps.ts';

const GENERATE_ATTEMPTS = 8;

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

/**
 * Creates an object; throws AlreadyExists, Invalid, or what admission refuses with. `taken` gets what would have to be
 * given back then.
 */
export const create = (
  deps: RegistryDeps,
  target: Target,
  given: Draft,
  identity: Identity,
  options: WriteOptions,
  taken: Allocation[] = [],
): Written => {
  const warnings: string[] = [];
  return telling(warnings, () => createTelling(deps, target, given, identity, options, { warnings, taken }));
};

/** What a creation leaves for its caller beside its outcome. */
interface Notes {
  readonly warnings: string[];
  readonly taken: Allocation[];
}

const createTelling = (
  deps: RegistryDeps,
  target: Target,
  given: Draft,
  identity: Identity,
  options: WriteOptions,
  { warnings, taken }: Notes,
): Written => {
  const { kind } = target;
  const now = deps.now();
  const warn = (text: string): unknown => warnings.push(text);
  const context = { ...makeStrategyContext(deps, identity, options.dryRun), warn };
  const draft = workingFormOf(kind, given);
  settleNamespace(target, draft);
  const scope: Target = { ...target, namespace: kind.namespaced ? (metaOf(draft).namespace ?? '') : '' };
  wipeSystemFields(metaOf(draft));
  kind.defaults?.(draft);
  if (options.tracked !== true && options.fieldManager !== undefined) {
    deps.track?.(draft, { target: scope, old: undefined, manager: options.fieldManager, now });
  }
  const request = admissionRequest(scope, 'CREATE', draft, undefined, identity, options);
  warnings.push(...admitMutating(deps, { ...request, object: draft }));

  const metadata = metaOf(draft);
  if (!metadata.name && metadata.generateName) metadata.name = nameFor(deps, scope, metadata.generateName);
  const { resourceVersion } = metadata;
  stampNewMetadata(draft, {
    uid: makeUid(deps.random, `uid/${kind.resource}/${scope.namespace}/${metadata.name ?? ''}`),
    now,
    generation: kind.generationFields.length > 0,
  });
  kind.prepareForCreate?.(draft, context);
  const judged = workingFormOf(kind, draft) as unknown as KubeObject;
  if (options.dryRun !== true) taken.push(...(kind.allocates?.(judged) ?? []));
  // Only now: a kind may name its objects while it prepares them (LimitRange).
  const { name = '' } = judged.metadata;
  refuseErrors(kind, name, [
    ...checkNewMetadata(kind, judged.metadata),
    ...(kind.validate?.(judged, context) ?? []),
  ]);
  const object = canonicalOf(kind, judged as unknown as Draft) as unknown as KubeObject;
  if (options.isQuiet !== true) warnings.push(...(kind.warnings?.(object, undefined) ?? []));
  warnings.push(...deps.admit({ ...request, name }, 'validate'));

  const key = keyOfKind(kind, scope.namespace, name);
  // The store says it before all else; a dry run does not reach the store.
  if (options.dryRun !== true && Number(resourceVersion ?? 0) > 0) {
    const status = makeStatus(500, undefined, 'resourceVersion should not be set on objects to be created');
    throw new StatusError(status);
  }
  if (deps.store.get(key) !== undefined) throw alreadyExists(refOf(kind), name);
  if (options.dryRun === true) {
    const { resourceVersion: _none, ...shown } = object.metadata;
    return { object: { ...object, metadata: shown }, created: true, changed: true, warnings };
  }
  const stored = storing(() => deps.store.put(key, object, now, 'absent'));
  return { object: stored.object, created: true, changed: true, warnings, stored };
};

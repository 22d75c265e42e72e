/**
 * The registry: one engine that serves the verbs of every kind. It knows no HTTP and no single kind, except for
 * the few subresources that are programs upstream too.
 */

import type { Identity } from '../auth/identity.ts';
import { componentStatus, componentStatuses } from '../kinds/core/componentstatus.ts';
import { deepFreeze } from '../machinery/deep.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import {
  expired,
  invalid,
  makeStatus,
  notFound,
  resourceNotFound,
  StatusError,
  telling,
} from '../machinery/status.ts';
import { CompactedError, FutureError } from '../store/failures.ts';
import type { Stored } from '../store/reader.ts';
import type { Listed, ListQuery, Registry, Target, WriteOptions, Written } from './contract.ts';
import { create } from './create.ts';
import { createBuilt } from './create-built.ts';
import { deleteMany, deleteOne } from './delete.ts';
import { keyOfKind, makeStrategyContext, prefixOfKind, type RegistryDeps, refOf } from './dependencies.ts';
import { givingBack } from './give-back.ts';
import { list, tooLarge } from './list.ts';
import { parseSelection } from './selection.ts';
import { bindPod } from './subresources/binding.ts';
import { evictPod } from './subresources/eviction.ts';
import { scaleOf, updateScale } from './subresources/scale.ts';
import { metaOf } from './system-fields.ts';
import { update } from './update.ts';

const success = (): KubeObject =>
  ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }) as unknown as KubeObject;

const answered = (object: KubeObject): Written => ({ object, created: true, changed: true, warnings: [] });

const createVirtual = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): Written => {
  const { kind, subresource } = target;
  const id = `${kind.group}/${kind.resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const handler = deps.virtual?.[id];
  if (handler === undefined) throw resourceNotFound();
  const context = makeStrategyContext(deps, identity, options.dryRun, subresource);
  if (subresource === undefined) {
    kind.defaults?.(draft);
    const errors = kind.validate?.(draft as unknown as KubeObject, context) ?? [];
    if (errors.length > 0)
      throw invalid({ group: kind.group, kind: kind.kind }, metaOf(draft).name ?? '', errors);
  }
  const answer = handler(draft, {
    ...context,
    namespace: target.namespace,
    ...(target.name === undefined ? {} : { name: target.name }),
    dryRun: options.dryRun === true,
  });
  return answered(answer as unknown as KubeObject);
};

/** Connects and creations below a pod pass the same gate as other writes. */
const admitSubresource = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
  operation: 'CREATE' | 'CONNECT' = 'CREATE',
): readonly string[] => {
  const body = target.kind.connects?.find(({ name }) => name === target.subresource);
  const request = {
    operation,
    kind: target.kind,
    version: target.version,
    namespace: target.namespace,
    name: target.name ?? '',
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    object: draft,
    ...(body === undefined || body.kind === target.kind.kind
      ? {}
      : { bodyKind: { group: body.group, version: body.version, kind: body.kind } }),
    identity,
    dryRun: options.dryRun === true,
    ...(options.stated === undefined ? {} : { options: options.stated }),
  };
  return [...deps.admit(request, 'mutate'), ...deps.admit(request, 'validate')];
};

const createSubresource = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): Written => {
  const warnings = admitSubresource(deps, target, draft, identity, options);
  const written = telling(warnings, () => runSubresource(deps, target, draft, identity, options));
  return warnings.length === 0 ? written : { ...written, warnings };
};

const runSubresource = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): Written => {
  if (target.kind.kind === 'Pod' && target.subresource === 'binding') {
    bindPod(deps, target, draft, identity, options);
    return answered(success());
  }
  if (target.kind.kind === 'Pod' && target.subresource === 'eviction') {
    const refusal = evictPod(deps, target, draft, identity, options);
    return { ...answered(success()), ...(refusal === undefined ? {} : { refusal }) };
  }
  return createVirtual(deps, target, draft, identity, options);
};

/** The legacy `bindings` resource binds the pod its metadata names. */
const createLegacyBinding = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): Written => {
  const kind = deps.catalog.stored('', 'pods');
  const version = kind?.served[0];
  if (kind === undefined || version === undefined) throw resourceNotFound();
  const name = metaOf(draft).name ?? '';
  bindPod(
    deps,
    { kind, version, namespace: target.namespace, name, subresource: 'binding' },
    draft,
    identity,
    options,
  );
  return answered(success());
};

const virtualRows = (deps: RegistryDeps, target: Target): readonly Stored[] => {
  const { kind, namespace } = target;
  const read = deps.readers?.[`${kind.group}/${kind.resource}`];
  return (read?.(namespace) ?? []).map((object) => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = asRecord(object);
    const key = keyOfKind(kind, object.metadata.namespace ?? '', object.metadata.name ?? '');
    return { key, revision: deps.store.revision(), object, text: JSON.stringify(rest) };
  });
};

const listVirtual = (deps: RegistryDeps, target: Target, query: ListQuery): Listed => {
  const selection = parseSelection(target.kind, query.labelSelector, query.fieldSelector);
  const items = virtualRows(deps, target).filter((row) => selection.matches(row.object));
  // What is computed on the spot has no revision.
  return { items, revision: 0 };
};

const getVirtual = (deps: RegistryDeps, target: Target): Stored => {
  const row = virtualRows(deps, target).find((item) => item.object.metadata.name === target.name);
  if (row !== undefined) return row;
  const name = target.name ?? '';
  if (target.kind === componentStatus)
    throw new StatusError(makeStatus(500, undefined, `Component not found: ${name}`));
  throw notFound(refOf(target.kind), name);
};

/** A row with the fields that are functions of time filled in. */
const projected = (deps: RegistryDeps, target: Target, stored: Stored): Stored => {
  const { project } = target.kind;
  if (project === undefined) return stored;
  const object = project(stored.object, deps.now());
  if (object === stored.object) return stored;
  const { key, revision } = stored;
  return { key, revision, object: deepFreeze(object), text: deps.codec.encode(key, object) };
};

/** What a write of a custom object answers: with the defaults its schema has gained, as every read shows it. */
const withDefaults = (deps: RegistryDeps, target: Target, written: Written): Written => {
  const { kind } = target;
  const { stored } = written;
  if (kind.custom !== true || kind.project === undefined || target.subresource === 'scale') return written;
  if (stored === undefined) return { ...written, object: kind.project(written.object, deps.now()) };
  const shown = projected(deps, target, stored);
  return shown === stored ? written : { ...written, object: shown.object, stored: shown };
};

const asScale = (target: Target, stored: Stored): Stored => {
  const object = deepFreeze(scaleOf(target, stored.object));
  return { key: stored.key, revision: stored.revision, object, text: JSON.stringify(object) };
};

/**
 * Runs a write so that a refusal half-way (a quota counted, then the name taken) leaves nothing behind.
 */
const atomically =
  (deps: RegistryDeps) =>
  <Result>(work: () => Result): Result =>
    deps.store.attempt(work);

/** Builds the engine over a store and the functions the composition root supplies. */
export const makeRegistry = (given: RegistryDeps): Registry => {
  const deps: RegistryDeps = {
    ...given,
    readers: { '/componentstatuses': componentStatuses, ...given.readers },
  };
  const { store } = deps;

  const getStored = (target: Target, at?: number): Stored => {
    const key = keyOfKind(target.kind, target.namespace, target.name ?? '');
    try {
      const stored = store.get(key, at);
      if (stored !== undefined) return stored;
    } catch (error) {
      if (error instanceof CompactedError) {
        throw expired(`The resourceVersion for the provided get is too old: ${error.revision}`);
      }
      if (error instanceof FutureError) throw tooLarge(error.revision, error.current);
      throw error;
    }
    throw notFound(refOf(target.kind), target.name ?? '');
  };

  const atomic = atomically(deps);
  const writeUpdate: Registry['update'] = (target, change, identity, options) =>
    update(deps, target, change, identity, options);

  return {
    get: (target, at) => {
      if (target.kind.virtual === true) return getVirtual(deps, target);
      const stored = getStored(target, at);
      return target.subresource === 'scale' ? asScale(target, stored) : projected(deps, target, stored);
    },
    list: (target, query) => {
      if (target.kind.virtual === true) return listVirtual(deps, target, query);
      const listed = list(store, target, query);
      if (target.kind.project === undefined) return listed;
      return { ...listed, items: listed.items.map((item) => projected(deps, target, item)) };
    },
    create: (target, draft, identity, options) => {
      if (target.subresource === undefined && target.kind.virtual !== true) {
        return givingBack(deps, (taken) =>
          atomic(() => withDefaults(deps, target, create(deps, target, draft, identity, options, taken))),
        );
      }
      const written = atomic(() => {
        if (target.subresource !== undefined) {
          return createSubresource(deps, target, draft, identity, options);
        }
        if (target.kind.kind === 'Binding')
          return createLegacyBinding(deps, target, draft, identity, options);
        return createVirtual(deps, target, draft, identity, options);
      });
      if (written.refusal !== undefined) throw written.refusal;
      return written;
    },
    createBuilt: (target, draft, identity) => atomic(() => createBuilt(deps, target, draft, identity)),
    update: (target, change, identity, options) =>
      atomic(() =>
        target.subresource === 'scale'
          ? updateScale(writeUpdate, target, change, identity, options)
          : withDefaults(deps, target, writeUpdate(target, change, identity, options)),
      ),
    connect: (target, options, identity) => admitSubresource(deps, target, options, identity, {}, 'CONNECT'),
    expire: (kind, until, limit) => store.expire(prefixOfKind(kind, ''), until, limit, deps.now()),
    delete: (target, identity, options) => atomic(() => deleteOne(deps, target, identity, options)),
    deleteCollection: (target, query, identity, options) =>
      atomic(() => deleteMany(deps, target, query, identity, options)),
  };
};

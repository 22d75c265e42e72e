/** Steps that creates and updates share. */

import type { Identity } from '../auth/identity.ts';
import type { Kind } from '../kinds/define.ts';
import type { FieldError } from '../machinery/field-error.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { invalid, requestEntityTooLarge } from '../machinery/status.ts';
import { TooLargeError } from '../store/failures.ts';
import type { AdmissionRequest, Target, WriteOptions } from './contract.ts';
import { type RegistryDeps, storageGroup } from './dependencies.ts';
import { metaOf } from './system-fields.ts';

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

/** Throws 422 when there are errors. */
export const refuseErrors = (kind: Kind, name: string, errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalid(kindRefOf(kind), name, errors);
};

/** A write as admission sees it. */
export const admissionRequest = (
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
    version: target.version,
    namespace: target.kind.namespaced ? target.namespace || (metadata.namespace ?? '') : '',
    name: target.name ?? metadata.name ?? '',
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    object: draft,
    ...(old === undefined ? {} : { old }),
    identity,
    dryRun: options.dryRun === true,
    ...(options.stated === undefined ? {} : { options: options.stated }),
  };
};

/** Mutators; defaults are filled in again for what they added. */
export const admitMutating = (
  deps: RegistryDeps,
  request: AdmissionRequest & { readonly object: Draft },
  fill: ((draft: Draft) => void) | undefined = request.kind.defaults,
): readonly string[] => {
  const warnings = deps.admit(request, 'mutate');
  fill?.(request.object);
  return warnings;
};

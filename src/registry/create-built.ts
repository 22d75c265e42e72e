/**
 * Creation of what the control plane builds itself in the form it is stored in (Events, which are most of what a busy
 * cluster writes). Of all the steps of a creation only those are left that can refuse: the kind has no defaults and
 * prepares nothing, so the others would change nothing. Same outcome as `create` on the same draft, byte for byte.
 */

import type { Identity } from '../auth/identity.ts';
import type { Kind } from '../kinds/define.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { alreadyExists } from '../machinery/status.ts';
import { printTime } from '../machinery/time.ts';
import type { Target, Written } from './contract.ts';
import { create } from './create.ts';
import { keyOfKind, type RegistryDeps, refOf } from './dependencies.ts';
import { checkNewMetadata } from './metadata-rules.ts';
import { makeUid, metaOf } from './system-fields.ts';
import { admissionRequest, refuseErrors, storing } from './write-steps.ts';

/** Kinds whose objects can be built outside: nothing is done to them on the way in. */
const isPlain = ({ defaults, prepareForCreate, warnings, generationFields, custom }: Kind): boolean =>
  !defaults && !prepareForCreate && !warnings && generationFields.length === 0 && custom !== true;

/** Creates a named object; the draft becomes a part of the stored one. Throws what `create` throws. */
export const createBuilt = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
): Written => {
  const { kind, namespace } = target;
  if (!isPlain(kind) || deps.mayMutate()) return create(deps, target, draft, identity, {});
  const request = admissionRequest(target, 'CREATE', draft, undefined, identity, {});
  deps.admit(request, 'mutate');
  const { name = '' } = metaOf(draft);
  draft['metadata'] = {
    name,
    namespace,
    uid: makeUid(deps.random, `uid/${kind.resource}/${namespace}/${name}`),
    // Its place; the store writes its own.
    resourceVersion: '-',
    creationTimestamp: printTime(deps.now()),
  };
  const judged = draft as unknown as KubeObject;
  refuseErrors(kind, name, [
    ...checkNewMetadata(kind, judged.metadata),
    ...(kind.validate?.(judged, { now: deps.now(), lookup: deps.lookup, identity, random: deps.random }) ??
      []),
  ]);
  deps.admit({ ...request, name }, 'validate');
  const key = keyOfKind(kind, namespace, name);
  if (deps.store.get(key) !== undefined) throw alreadyExists(refOf(kind), name);
  const stored = storing(() => deps.store.put(key, judged, deps.now(), 'absent'));
  return { object: stored.object, created: true, changed: true, warnings: [], stored };
};

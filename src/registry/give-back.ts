/**
 * What a refused creation had already taken. Upstream allocates the address of a Service before it judges the Service
 * and releases it afterwards (registry/core/service/storage), so watches see an IPAddress come and go. A refusal takes
 * all rows of a creation back here, so both writes are made after it, of the very address that was drawn.
 */

import { makeSystemIdentity } from '../auth/identity.ts';
import type { Allocation } from '../kinds/define.ts';
import { cloneJson } from '../machinery/deep.ts';
import type { Draft } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';
import type { Target } from './contract.ts';
import { create } from './create.ts';
import { deleteOne } from './delete.ts';
import type { RegistryDeps } from './dependencies.ts';

/** Who allocates. */
const API_SERVER = makeSystemIdentity('system:apiserver');

const comeAndGo = (deps: RegistryDeps, { group, resource, object }: Allocation): void => {
  const kind = deps.catalog.stored(group, resource);
  const version = kind?.served[0];
  if (kind === undefined || version === undefined) return;
  const target: Target = { kind, version, namespace: object.metadata.namespace ?? '' };
  create(deps, target, cloneJson(object) as unknown as Draft, API_SERVER, { isQuiet: true });
  deleteOne(deps, { ...target, name: object.metadata.name ?? '' }, API_SERVER, {});
};

/** The refusal is what the client is told, whatever becomes of this. */
const giveBack = (deps: RegistryDeps, allocation: Allocation): void => {
  try {
    deps.store.attempt(() => comeAndGo(deps, allocation));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
};

/**
 * Runs a creation, which notes what it takes. When it is refused, what was noted is made and deleted; the refusal is
 * thrown on.
 */
export const givingBack = <Result>(deps: RegistryDeps, work: (taken: Allocation[]) => Result): Result => {
  const taken: Allocation[] = [];
  try {
    return work(taken);
  } catch (error) {
    if (error instanceof StatusError) for (const allocation of taken) giveBack(deps, allocation);
    throw error;
  }
};

/**
 * Writes of the control plane itself to objects whose other parts are those that are stored, frozen and shared: what
 * was defaulted, checked and brought into form when it was stored is not gone through again. A new status is all that
 * most writes of a busy cluster bring.
 */

import type { Kind } from '../kinds/define.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import type { Target } from './contract.ts';
import type { RegistryDeps } from './dependencies.ts';

/** A draft that shares what it can with the stored object, and what is left to fill in. */
export interface SharedDraft {
  readonly draft: Draft;
  readonly fill: (draft: Draft) => void;
}

const nothing = (): void => undefined;

/** What is left of the defaults for a write; `undefined` when all of them are. */
const fillOf = (kind: Kind, subresource: string | undefined): SharedDraft['fill'] | undefined => {
  if (kind.custom === true) return undefined;
  // A binding names a node and sets a condition, whole.
  return subresource === 'binding' ? nothing : subresource === 'status' ? kind.statusDefaults : undefined;
};

const sharesAllBut = (fields: readonly string[], wanted: Draft, old: Draft): boolean => {
  for (const field in old) if (!fields.includes(field) && wanted[field] !== old[field]) return false;
  for (const field in wanted) if (!fields.includes(field) && !(field in old)) return false;
  return true;
};

/** Parts that a write may bring anew. */
const NEW_PARTS: Readonly<Record<string, readonly string[]>> = {
  status: ['status'],
  binding: ['metadata', 'spec', 'status'],
};

/**
 * The draft of a write that shares with the stored object all that it does not change; `undefined` when it has to go
 * the whole way: it changes more than its subresource is for, or a mutator might. Steps may write to the top of it, of
 * its metadata and of its status, and to nothing below.
 */
export const sharedDraft = (
  deps: RegistryDeps,
  { kind, version, subresource = '' }: Target,
  wanted: Draft,
  old: KubeObject,
): SharedDraft | undefined => {
  const fill = fillOf(kind, subresource);
  const parts = NEW_PARTS[subresource];
  if (fill === undefined || parts === undefined || version.toStorage !== undefined) return undefined;
  if (!sharesAllBut(parts, wanted, asRecord(old)) || deps.mayMutate()) return undefined;
  const draft: Draft = { ...wanted, metadata: { ...(wanted['metadata'] as Draft) } };
  const { status } = wanted;
  if (typeof status === 'object' && status !== null) draft['status'] = { ...status };
  return { draft, fill };
};

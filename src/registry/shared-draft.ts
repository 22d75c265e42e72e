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
  /** The parts that may differ from the stored object's. */
  readonly parts: readonly string[];
}

const nothing = (): void => undefined;

const isPod = ({ group, kind }: Kind): boolean => group === '' && kind === 'Pod';

/** Ways to write: what may be new, and what is left of the defaults; `undefined` when all of them are. */
const WAYS: Readonly<
  Record<
    string,
    { readonly parts: readonly string[]; readonly fill: (kind: Kind) => SharedDraft['fill'] | undefined }
  >
> = {
  // Owners and finalizers of pods: nothing of the rest is prepared anew.
  '': { parts: ['metadata'], fill: (kind) => (isPod(kind) ? nothing : undefined) },
  status: { parts: ['status'], fill: (kind) => kind.statusDefaults },
  // A binding names a node and sets a condition, whole.
  binding: { parts: ['metadata', 'spec', 'status'], fill: () => nothing },
};

const sharesAllBut = (fields: readonly string[], wanted: Draft, old: Draft): boolean => {
  for (const field in old) if (!fields.includes(field) && wanted[field] !== old[field]) return false;
  for (const field in wanted) if (!fields.includes(field) && !(field in old)) return false;
  return true;
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
  const way = kind.custom === true || version.toStorage !== undefined ? undefined : WAYS[subresource];
  const fill = way?.fill(kind);
  if (way === undefined || fill === undefined) return undefined;
  const { parts } = way;
  if (!sharesAllBut(parts, wanted, asRecord(old)) || deps.mayMutate()) return undefined;
  const draft: Draft = { ...wanted, metadata: { ...(wanted['metadata'] as Draft) } };
  const { status } = wanted;
  if (parts.includes('status') && typeof status === 'object' && status !== null)
    draft['status'] = { ...status };
  return { draft, fill, parts };
};

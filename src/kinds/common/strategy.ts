/**
 * The write strategies that most kinds share (upstream: pkg/registry/<group>/<kind>/strategy.go, release 1.36):
 * a create starts without status, an update of the main resource keeps the status, an update of the status keeps
 * the rest.
 */

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import type { Kind, StrategyContext } from '../define.ts';
import { ensure, fieldsOf, keep } from './draft.ts';

type Prepare = Pick<Kind, 'hasStatus' | 'prepareForCreate' | 'prepareForUpdate'>;

/** Metadata that a status write may not touch when the kind protects it. */
const PROTECTED_METADATA = ['labels', 'annotations', 'ownerReferences', 'finalizers', 'deletionTimestamp'];

/** Takes metadata fields from the stored object. */
export const keepMetadata = (
  draft: Draft,
  old: KubeObject,
  fields: readonly string[] = PROTECTED_METADATA,
): void => {
  const metadata = ensure(draft, 'metadata');
  const stored = fieldsOf(old)['metadata'] as Draft;
  for (const field of fields) {
    if (stored[field] === undefined) delete metadata[field];
    else if (metadata[field] !== stored[field]) metadata[field] = cloneJson(stored[field]);
  }
};

/** For kinds with nothing to fill in of a status. */
export const noStatusDefaults = (): void => undefined;

export interface StatusStrategy {
  /** Fields beside metadata and status that a status write keeps; usually `spec`. */
  readonly keeps?: readonly string[];
  /** Metadata fields that a status write keeps; `all` is every one that upstream ever protects. */
  readonly metadata?: 'all' | readonly string[];
  /** The status a created object starts with; absent means none. */
  readonly initial?: (draft: Draft, context: StrategyContext) => unknown;
  readonly create?: (draft: Draft, context: StrategyContext) => void;
  /** Further preparation of a main-resource update. */
  readonly update?: (draft: Draft, old: KubeObject, context: StrategyContext) => void;
  /** Further preparation of a status update. */
  readonly status?: (draft: Draft, old: KubeObject, context: StrategyContext) => void;
}

/** The strategy of a kind with a status subresource. */
export const withStatus = (options: StatusStrategy = {}): Prepare => ({
  hasStatus: true,
  prepareForCreate: (draft, context) => {
    const initial = options.initial?.(draft, context);
    if (initial === undefined) delete draft['status'];
    else draft['status'] = initial;
    options.create?.(draft, context);
  },
  prepareForUpdate: (draft, old, context) => {
    if (context.subresource === 'status') {
      for (const field of options.keeps ?? ['spec']) keep(draft, old, field);
      if (options.metadata === 'all') keepMetadata(draft, old);
      else if (options.metadata !== undefined) keepMetadata(draft, old, options.metadata);
      options.status?.(draft, old, context);
      return;
    }
    keep(draft, old, 'status');
    options.update?.(draft, old, context);
  },
});

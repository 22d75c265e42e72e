/** Warnings about finalizers of custom objects (apiextensions-apiserver registry/customresource/strategy.go). */

import type { KubeObject } from '../machinery/object.ts';

const STANDARD: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** One text for each finalizer that a write adds and that is not of the form domain/name. */
export const finalizerWarnings = (object: KubeObject, old: KubeObject | undefined): readonly string[] => {
  const known = new Set(old?.metadata.finalizers ?? []);
  const added = new Set((object.metadata.finalizers ?? []).filter((name) => !known.has(name)));
  return [...added]
    .filter((name) => !name.includes('/') && !STANDARD.has(name))
    .sort()
    .map(
      (name) =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name${name.includes('.') ? ' including a path (/)' : ''} to avoid accidental conflicts with other finalizer writers`,
    );
};

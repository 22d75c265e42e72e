import { expect, test } from 'vitest';
import type { KubeObject } from '../machinery/object.ts';
import { finalizerWarnings } from './finalizer-warnings.ts';

const withFinalizers = (...finalizers: readonly string[]): KubeObject =>
  ({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a', finalizers },
  }) as unknown as KubeObject;

const END = 'to avoid accidental conflicts with other finalizer writers';

test('added finalizers without a path are warned about, in order; a domain alone lacks the path', () => {
  const object = withFinalizers('x', 'old', 'kubernetes', 'orphan', 'a.example.com', 'example.com/a');
  expect(finalizerWarnings(object, withFinalizers('old'))).toEqual([
    `metadata.finalizers: "a.example.com": prefer a domain-qualified finalizer name including a path (/) ${END}`,
    `metadata.finalizers: "x": prefer a domain-qualified finalizer name ${END}`,
  ]);
});

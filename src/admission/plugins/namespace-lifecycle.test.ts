import { describe, expect, test } from 'vitest';
import { admit, makeNamespace, makeObject, makePod } from '../../../test/support/admission.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';

const review = makeObject('authorization.k8s.io/v1', 'LocalSubjectAccessReview', { namespace: 'ns' });

describe('NamespaceLifecycle', () => {
  const rows: readonly [
    string,
    Parameters<typeof admit>[1],
    Parameters<typeof admit>[2],
    string | undefined,
  ][] = [
    ['a pod in a live namespace is admitted', { object: makePod() }, [makeNamespace('ns')], undefined],
    ['a namespace must exist', { object: makePod() }, [], 'namespaces "ns" not found'],
    [
      'nothing is created in a terminating namespace',
      { object: makePod() },
      [makeNamespace('ns', {}, 'Terminating')],
      'pods "p" is forbidden: unable to create new content in namespace ns because it is being terminated',
    ],
    [
      'an update in a terminating namespace is admitted',
      { object: makePod(), old: makePod() },
      [makeNamespace('ns', {}, 'Terminating')],
      undefined,
    ],
    ['a delete needs no namespace', { old: makePod(), operation: 'DELETE' }, [], undefined],
    ['a review needs no namespace', { object: review }, [], undefined],
    [
      'kube-system stays',
      { old: makeNamespace('kube-system'), operation: 'DELETE' },
      [],
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    ],
    ['other namespaces go', { old: makeNamespace('kube-node-lease'), operation: 'DELETE' }, [], undefined],
  ];
  test.each(rows)('%s', (_name, attempt, objects, refused) => {
    expect(admit([namespaceLifecycle], attempt, objects).refused).toBe(refused);
  });
});

import { expect, test } from 'vitest';
import { admit, makeObject, makePod } from '../../../test/support/admission.ts';
import type { Pod } from '../../kinds/generated/types.ts';
import { runtimeClass } from './runtime-class.ts';

const gvisor = makeObject(
  'node.k8s.io/v1',
  'RuntimeClass',
  { name: 'gvisor' },
  {
    handler: 'runsc',
    overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
  },
);

test('a pod takes over overhead, selector and tolerations of its runtime class', () => {
  const tolerations = [{ key: 'sandbox', operator: 'Equal', value: 'x' }];
  const { object } = admit([runtimeClass], { object: makePod({ runtimeClassName: 'gvisor', tolerations }) }, [
    gvisor,
  ]);
  expect((object as Pod).spec).toMatchObject({
    overhead: { cpu: '250m' },
    nodeSelector: { sandbox: 'yes' },
    tolerations: [{ key: 'sandbox', operator: 'Exists' }],
  });
});

test('a runtime class must exist', () => {
  expect(admit([runtimeClass], { object: makePod({ runtimeClassName: 'kata' }) }, [gvisor]).refused).toBe(
    'pods "p" is forbidden: pod rejected: RuntimeClass "kata" not found',
  );
});

test('the same overhead written differently is the same', () => {
  const pod = makePod({ runtimeClassName: 'gvisor', overhead: { cpu: '0.25' } });
  expect(admit([runtimeClass], { object: pod }, [gvisor]).refused).toBeUndefined();
});

test('an empty overhead is one', () => {
  const alone = admit([runtimeClass], { object: makePod({ overhead: {} }) }, []);
  expect(alone.refused).toContain('Pod Overhead set without corresponding RuntimeClass defined Overhead');
  const pod = makePod({ runtimeClassName: 'gvisor', overhead: {} });
  expect(admit([runtimeClass], { object: pod }, [gvisor]).refused).toContain("doesn't match");
});

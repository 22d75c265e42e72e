import { expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../kinds/generated/types.ts';
import { podConditions } from './conditions.ts';

const now = Date.UTC(2026, 0, 1);

const statusOf = (
  name: string,
  ready: boolean,
  state: ContainerStatus['state'] = { running: {} },
): ContainerStatus => ({
  name,
  ready,
  started: true,
  restartCount: 0,
  image: '',
  imageID: '',
  ...(state ? { state } : {}),
});

const podOf = (
  spec: Partial<NonNullable<Pod['spec']>>,
  conditions: NonNullable<Pod['status']>['conditions'] = [],
): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', generation: 3 },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status: { conditions },
  }) as Pod;

const read = (pod: Pod, phase: string, statuses: readonly ContainerStatus[]) =>
  Object.fromEntries(
    podConditions(pod, { phase, hasSandbox: true, statuses, now }).map(
      ({ type, status, reason, message }) => [
        type,
        [status, reason, message].filter((part) => part !== undefined).join(' '),
      ],
    ),
  );

test('all is well', () => {
  expect(read(podOf({}), 'Running', [statusOf('a', true), statusOf('b', true)])).toEqual({
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
    PodScheduled: 'True',
  });
});

test('containers that are not ready or not known are named', () => {
  expect(read(podOf({}), 'Running', [statusOf('a', false)])).toMatchObject({
    Ready:
      'False ContainersNotReady containers with unknown status: [b], containers with unready status: [a]',
    ContainersReady:
      'False ContainersNotReady containers with unknown status: [b], containers with unready status: [a]',
  });
});

test('init containers that have not completed are named', () => {
  const pod = podOf({ initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }] });
  const waiting = { waiting: { reason: 'PodInitializing' } };
  const statuses = [
    statusOf('i', false),
    { ...statusOf('s', false, waiting), started: false },
    statusOf('a', false, waiting),
    statusOf('b', false, waiting),
  ];
  expect(read(pod, 'Pending', statuses)).toMatchObject({
    Initialized: 'False ContainersNotInitialized containers with incomplete status: [i s]',
    ContainersReady: 'False ContainersNotReady containers with unready status: [s a b]',
  });
});

test.each([
  ['Succeeded', 'PodCompleted', 'True PodCompleted'],
  ['Failed', 'PodFailed', 'True'],
])('a pod that is %s', (phase, reason, initialized) => {
  const exit = { terminated: { exitCode: 0 } };
  expect(read(podOf({}), phase, [statusOf('a', false, exit), statusOf('b', false, exit)])).toMatchObject({
    Initialized: initialized,
    Ready: `False ${reason}`,
    ContainersReady: `False ${reason}`,
  });
});

test('gates hold Ready back', () => {
  const statuses = [statusOf('a', true), statusOf('b', true)];
  const gated = { readinessGates: [{ conditionType: 'x/y' }] };
  expect(read(podOf(gated), 'Running', statuses)['Ready']).toBe(
    'False ReadinessGatesNotReady corresponding condition of pod readiness gate "x/y" does not exist.',
  );
  expect(read(podOf(gated, [{ type: 'x/y', status: 'False' }]), 'Running', statuses)['Ready']).toBe(
    'False ReadinessGatesNotReady the status of pod readiness gate "x/y" is not "True", but False',
  );
});

test("others' conditions stay in front, and times stay while a status stays", () => {
  const pod = podOf({}, [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: '2025-12-31T00:00:00Z' },
    { type: 'x/y', status: 'True' },
  ]);
  const conditions = podConditions(pod, { phase: 'Running', hasSandbox: true, statuses: [], now });
  expect(conditions.map(({ type }) => type)).toEqual([
    'x/y',
    'PodReadyToStartContainers',
    'Initialized',
    'Ready',
    'ContainersReady',
    'PodScheduled',
  ]);
  expect(conditions.at(-1)).toMatchObject({
    observedGeneration: 3,
    lastTransitionTime: '2025-12-31T00:00:00Z',
  });
  expect(conditions[1]).toMatchObject({ lastTransitionTime: '2026-01-01T00:00:00Z' });
});

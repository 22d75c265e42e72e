import { describe, expect, test } from 'vitest';
import type { Container, ContainerStatus, PodSpec } from '../kinds/generated/types.ts';
import { podPhase, shouldRestart } from './phase.ts';

const container = (name: string, rest: Partial<Container> = {}): Container => ({ name, ...rest });

type State = 'running' | 'waiting' | number | { readonly last: number };

const statusOf = (name: string, state: State): ContainerStatus => ({
  name,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  state:
    state === 'running'
      ? { running: {} }
      : typeof state === 'number'
        ? { terminated: { exitCode: state } }
        : { waiting: { reason: 'x' } },
  ...(typeof state === 'object' ? { lastState: { terminated: { exitCode: state.last } } } : {}),
});

const phaseOf = (
  policy: string,
  mains: readonly State[],
  inits: readonly State[] = [],
  options: { readonly sidecars?: boolean; readonly isTerminal?: boolean } = {},
): string => {
  const spec: PodSpec = {
    restartPolicy: policy,
    containers: mains.map((_, index) => container(`m${index}`)),
    initContainers: inits.map((_, index) =>
      container(`i${index}`, options.sidecars === true ? { restartPolicy: 'Always' } : {}),
    ),
  };
  const statuses = [
    ...inits.map((state, index) => statusOf(`i${index}`, state)),
    ...mains.map((state, index) => statusOf(`m${index}`, state)),
  ];
  return podPhase(spec, statuses, options.isTerminal === true);
};

describe('the phase of a pod', () => {
  test.each([
    ['whose containers wait', 'Always', ['waiting', 'running'], 'Pending'],
    ['with one that runs', 'Always', ['running', 0], 'Running'],
    ['that restarts all', 'Always', [0, 1], 'Running'],
    ['that waits for a restart', 'Always', [{ last: 1 }], 'Running'],
    ['that never restarts and succeeded', 'Never', [0, 0], 'Succeeded'],
    ['that never restarts and failed', 'Never', [0, 2], 'Failed'],
    ['that restarts on failure and succeeded', 'OnFailure', [0, 0], 'Succeeded'],
    ['that restarts on failure and failed', 'OnFailure', [0, 2], 'Running'],
  ] as const)('%s', (_name, policy, mains, phase) => expect(phaseOf(policy, mains)).toBe(phase));

  test.each([
    ['while an init container runs', 'Always', ['running'], 'Pending'],
    ['while a failed one is restarted', 'Always', [{ last: 1 }], 'Pending'],
    ['after one failed for good', 'Never', [1], 'Failed'],
    ['after all completed', 'Never', [0], 'Pending'],
  ] as const)('%s', (_name, policy, inits, phase) => expect(phaseOf(policy, ['waiting'], inits)).toBe(phase));

  test('does not wait for sidecars that still run once the main containers are over', () => {
    expect(phaseOf('Never', [0], ['running'], { sidecars: true })).toBe('Running');
    expect(phaseOf('Never', [0], [143], { sidecars: true })).toBe('Succeeded');
  });

  test('of a pod that is stopped is final whatever its policy', () => {
    expect(phaseOf('Always', [0], [], { isTerminal: true })).toBe('Succeeded');
    expect(phaseOf('Always', [137], [], { isTerminal: true })).toBe('Failed');
  });
});

describe('a restart', () => {
  const spec = (restartPolicy: string): PodSpec => ({ restartPolicy, containers: [] });
  test.each([
    ['Always', 0, false, true],
    ['Always', 0, true, false],
    ['Always', 1, true, true],
    ['OnFailure', 0, false, false],
    ['OnFailure', 1, false, true],
    ['Never', 1, false, false],
  ])('with policy %s after %i (init: %s): %s', (policy, code, isInit, restarts) =>
    expect(shouldRestart(container('c'), spec(policy), code, isInit)).toBe(restarts),
  );

  test('follows the rules of the container first', () => {
    const ruled = container('c', {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    });
    expect(shouldRestart(ruled, spec('Never'), 42, false)).toBe(true);
    expect(shouldRestart(ruled, spec('Always'), 1, false)).toBe(false);
  });
});

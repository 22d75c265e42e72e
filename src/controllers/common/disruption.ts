import type { Pod } from '../../kinds/generated/types.ts';
import { printTime } from '../../machinery/time.ts';
import type { Context } from '../contract.ts';
import { withoutCondition } from './conditions.ts';

type Conditions = NonNullable<NonNullable<Pod['status']>['conditions']>;

/** Marks a pod with why it is about to go: condition DisruptionTarget, and optionally phase Failed. */
export const markDisrupted = (
  { client, now }: Context,
  pod: Pod,
  reason: string,
  message: string,
  phase?: 'Failed',
): void => {
  const generation = pod.metadata.generation;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: printTime(now),
    reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  client.updateStatus('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      ...current.status,
      ...(phase === undefined ? {} : { phase }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      conditions: [
        ...withoutCondition(current.status?.conditions, 'DisruptionTarget'),
        condition,
      ] as unknown as Conditions,
    },
  }));
};

import type { HorizontalPodAutoscaler } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { printTime } from '../machinery/time.ts';
import type { History } from './autoscaler-limits.ts';
import type { Sampler } from './autoscaler-metrics.ts';
import { findCondition } from './common/conditions.ts';
import { makeUsage } from './common/usage.ts';
import type { Context } from './contract.ts';

/** Resource name of autoscalers. */
export const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling';

type Status = NonNullable<HorizontalPodAutoscaler['status']>;
/** One entry of `status.currentMetrics`. */
export type MetricStatus = NonNullable<Status['currentMetrics']>[number];

/** One sync: the working status and events. */
export class HpaRun {
  readonly context: Context;
  readonly hpa: HorizontalPodAutoscaler;
  readonly sampler: Sampler;
  status: Status;
  history: History;

  constructor(context: Context, hpa: HorizontalPodAutoscaler, history: History) {
    this.context = context;
    this.hpa = hpa;
    const api = context.lookup.get('apiservices.apiregistration.k8s.io', '', 'v1beta1.metrics.k8s.io');
    this.sampler = {
      now: context.now,
      usageOf: makeUsage(context.lookup),
      isServed: api !== undefined,
    };
    this.history = history;
    this.status = (hpa.status ?? { currentReplicas: 0, desiredReplicas: 0, currentMetrics: null }) as Status;
  }

  note(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.client.event(this.hpa, { type, reason, message });
  }

  setCondition(type: string, status: string, reason: string, message: string): void {
    const conditions = this.status.conditions ?? [];
    const old = findCondition(conditions, type);
    const now = printTime(this.context.now);
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    const fresh = { type, status, lastTransitionTime, reason, message };
    this.status = {
      ...this.status,
      conditions:
        old === undefined ? [...conditions, fresh] : conditions.map((it) => (it.type === type ? fresh : it)),
    };
  }

  setCounts(current: number, desired: number, metrics: readonly MetricStatus[] | undefined): void {
    const { currentReplicas: _, ...rest } = this.status;
    this.status = {
      ...rest,
      ...(current === 0 ? {} : { currentReplicas: current }),
      desiredReplicas: desired,
      // Go prints the nil list.
      currentMetrics: (metrics ?? null) as readonly MetricStatus[],
    };
  }

  /** True when there was something to write. */
  write(): boolean {
    if (deepEqual(this.status, this.hpa.status)) return false;
    const { namespace = '', name = '' } = this.hpa.metadata;
    const { status } = this;
    this.context.client.updateStatus(AUTOSCALERS, namespace, name, (current) => ({ ...current, status }));
    return true;
  }
}

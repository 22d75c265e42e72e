/** Defaults of autoscalers (upstream: pkg/apis/autoscaling/v2/defaults.go, 1.36). */

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft } from '../../machinery/object.ts';
import { child, ensure, setAbsent, sizeOf } from '../common/draft.ts';

const CPU_PERCENT = 80;

const UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

const DOWN = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

const fillRules = (behavior: Draft, field: string, defaults: Readonly<Record<string, unknown>>): void => {
  const rules = ensure(behavior, field);
  for (const [name, value] of Object.entries(defaults)) setAbsent(rules, name, cloneJson(value));
};

/** Defaults of the v1 form. */
export const defaultHpaV1 = (draft: Draft): void => setAbsent(ensure(draft, 'spec'), 'minReplicas', 1);

/** Defaults of the v2 form: CPU at 80 % when no metric is named, and the rest of a behaviour that is begun. */
export const defaultHpa = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setAbsent(spec, 'minReplicas', 1);
  if (sizeOf(spec['metrics']) === 0) {
    const target = { type: 'Utilization', averageUtilization: CPU_PERCENT };
    spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  const behavior = child(spec, 'behavior');
  if (!behavior) return;
  fillRules(behavior, 'scaleUp', UP);
  fillRules(behavior, 'scaleDown', DOWN);
};

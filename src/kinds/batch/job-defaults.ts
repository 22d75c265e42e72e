/** Defaults of jobs (upstream: pkg/apis/batch/v1/defaults.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { child, ensure, isAbsent, items, setAbsent, setZero } from '../common/draft.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';

const MAX_INT32 = 2_147_483_647;

/** Defaults of a job's spec as generated code applies them everywhere, job templates included. */
export const defaultJobTemplate = (spec: Draft): void => {
  defaultPodTemplate(child(spec, 'template'));
  for (const rule of items(child(spec, 'podFailurePolicy'), 'rules')) {
    for (const pattern of items(rule, 'onPodConditions')) setZero(pattern, 'status', 'True');
  }
};

/** A job: one completion of one pod at a time unless it says otherwise. */
export const defaultJob = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  if (isAbsent(spec, 'completions') && isAbsent(spec, 'parallelism')) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  setAbsent(spec, 'parallelism', 1);
  setAbsent(spec, 'backoffLimit', isAbsent(spec, 'backoffLimitPerIndex') ? 6 : MAX_INT32);
  setAbsent(spec, 'completionMode', 'NonIndexed');
  setAbsent(spec, 'suspend', false);
  setAbsent(spec, 'manualSelector', false);
  setAbsent(
    spec,
    'podReplacementPolicy',
    isAbsent(spec, 'podFailurePolicy') ? 'TerminatingOrFailed' : 'Failed',
  );
  defaultJobTemplate(spec);
};

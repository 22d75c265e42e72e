import { describe, expect, test } from 'vitest';
import { admit, makeObject, makePod } from '../../../test/support/admission.ts';
import type { Pod } from '../../kinds/generated/types.ts';
import { priority } from './priority.ts';

const priorityClass = (name: string, value: number, more: Readonly<Record<string, unknown>> = {}) =>
  makeObject('scheduling.k8s.io/v1', 'PriorityClass', { name }, { value, ...more });
const classes = [
  priorityClass('low', 5, { globalDefault: true, preemptionPolicy: 'PreemptLowerPriority' }),
  priorityClass('high', 100, { preemptionPolicy: 'Never' }),
];
const specOf = (spec: Readonly<Record<string, unknown>>, objects = classes) =>
  (admit([priority], { object: makePod(spec) }, objects).object as Pod).spec;

describe('Priority', () => {
  test('without any class a pod has priority 0', () => {
    expect(specOf({}, [])).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  });

  test('the global default is filled in', () => {
    expect(specOf({})).toMatchObject({ priorityClassName: 'low', priority: 5 });
  });

  test('a named class gives its value and policy', () => {
    expect(specOf({ priorityClassName: 'high' })).toMatchObject({ priority: 100, preemptionPolicy: 'Never' });
  });

  test('an unknown class is refused', () => {
    expect(admit([priority], { object: makePod({ priorityClassName: 'x' }) }, classes).refused).toBe(
      'pods "p" is forbidden: no PriorityClass with name x was found',
    );
  });

  test('an update keeps what was computed', () => {
    const old = makePod({ priority: 100, preemptionPolicy: 'Never' });
    expect((admit([priority], { object: makePod(), old }).object as Pod).spec).toMatchObject({
      priority: 100,
      preemptionPolicy: 'Never',
    });
  });

  test('there is one global default', () => {
    const second = priorityClass('other', 1, { globalDefault: true });
    expect(admit([priority], { object: second }, classes).refused).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass low is already marked as default. Only one default can exist',
    );
    expect(admit([priority], { object: classes[0], old: classes[0] }, classes).refused).toBeUndefined();
  });
});

/** Rules of resource slices (upstream: pkg/apis/resource/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkSubdomain, type Errors, MUST_BE_POSITIVE } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import type { CounterSet, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../generated/types.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';
import { checkCounters, checkDevice } from './device-validation.ts';
import { checkCounterName, checkPoolName, checkSet } from './list-checks.ts';

const MAX_DEVICES = 128;
/** Taints and counters make devices large: there may be fewer of them. */
const MAX_LARGE_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const ONE_PLACE =
  'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
const UNSET_OR_TRUE = 'must be either unset or set to true';

type Spec = Partial<ResourceSliceSpec>;

const checkPool = (errors: Errors, pool: Partial<ResourcePool>): void => {
  const { name, resourceSliceCount: count = 0, generation = 0 } = pool;
  checkPoolName(errors, 'spec.pool.name', name);
  if (count <= 0) errors.push(invalidValue('spec.pool.resourceSliceCount', count, MUST_BE_POSITIVE));
  if (generation < 0) {
    errors.push(invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero'));
  }
};

const checkFlag = (errors: Errors, field: string, value: boolean | undefined, set: string[]): void => {
  if (value === true) set.push(`\`${field}\``);
  if (value === false) errors.push(invalidValue(`spec.${field}`, false, UNSET_OR_TRUE));
};

const checkSelector = (errors: Errors, { nodeSelector }: Spec, set: string[]): void => {
  if (nodeSelector === undefined) return;
  set.push('`nodeSelector`');
  checkNodeSelector(errors, 'spec.nodeSelector', nodeSelector);
  const terms = nodeSelector.nodeSelectorTerms ?? [];
  if (terms.length === 1) return;
  const shown = terms.map((term) => internalForm('NodeSelectorTerm', term));
  const field = 'spec.nodeSelector.nodeSelectorTerms';
  errors.push(
    invalidValue(field, shown.length === 0 ? null : shown, 'must have exactly one node selector term'),
  );
};

const checkPlace = (errors: Errors, spec: Spec): void => {
  const set: string[] = [];
  const { nodeName } = spec;
  if (nodeName === '') {
    errors.push(invalidValue('spec.nodeName', '', 'must be either unset or set to a non-empty string'));
  } else if (nodeName !== undefined) {
    set.push('`nodeName`');
    checkSubdomain(errors, 'spec.nodeName', nodeName);
  }
  checkSelector(errors, spec, set);
  checkFlag(errors, 'allNodes', spec.allNodes, set);
  checkFlag(errors, 'perDeviceNodeSelection', spec.perDeviceNodeSelection, set);
  if (set.length === 0) errors.push(required('spec', ONE_PLACE));
  if (set.length < 2) return;
  errors.push(invalidValue('spec', `{${set.join(', ')}}`, `${ONE_PLACE}, but multiple fields are set`));
};

const checkCounterSet = (errors: Errors, path: string, { name, counters }: CounterSet): void => {
  checkCounterName(errors, `${path}.name`, name);
  checkCounters(errors, `${path}.counters`, counters);
};

const checkDevices = (errors: Errors, spec: Spec, old: Spec | undefined): void => {
  const { devices, sharedCounters, perDeviceNodeSelection } = spec;
  if (sharedCounters !== undefined && devices !== undefined) {
    errors.push(invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  }
  const large = (devices ?? []).some(
    ({ taints, consumesCounters }) => (taints ?? []).length + (consumesCounters ?? []).length > 0,
  );
  const before = new Map((old?.devices ?? []).map((device) => [device.name, device]));
  const max = large ? MAX_LARGE_DEVICES : MAX_DEVICES;
  const placed = perDeviceNodeSelection === true;
  checkSet(
    errors,
    'spec.devices',
    devices,
    max,
    (found, path, device) => checkDevice(found, path, device, before.get(device.name), placed),
    ({ name = '' }) => name,
  );
  const nameOf = ({ name = '' }: CounterSet): string => name;
  checkSet(errors, 'spec.sharedCounters', sharedCounters, MAX_COUNTER_SETS, checkCounterSet, nameOf);
};

const check = (spec: Spec, old?: Spec): FieldError[] => {
  const errors: FieldError[] = [];
  checkCsiDriverName(errors, 'spec.driver', spec.driver);
  checkPool(errors, spec.pool ?? {});
  if (old) {
    checkImmutable(errors, 'spec.pool.name', spec.pool?.name ?? '', old.pool?.name ?? '');
    checkImmutable(errors, 'spec.driver', spec.driver ?? '', old.driver ?? '');
    checkImmutable(errors, 'spec.nodeName', spec.nodeName, old.nodeName);
  }
  checkPlace(errors, spec);
  checkDevices(errors, spec, old);
  return errors;
};

/** Errors of a new slice. */
export const validateResourceSlice = (object: KubeObject): FieldError[] =>
  check((object as ResourceSlice).spec ?? {});

/** Errors of a changed slice: whose it is and where stay. */
export const validateResourceSliceUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  check((object as ResourceSlice).spec ?? {}, (old as ResourceSlice).spec ?? {});

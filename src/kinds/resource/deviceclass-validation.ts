/** Rules of device classes (upstream: pkg/apis/resource/validation, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { sameValue } from '../common/draft.ts';
import { isExtendedResource } from '../core/resource-names.ts';
import type { DeviceClass, DeviceClassSpec } from '../generated/types.ts';
import { checkList } from './list-checks.ts';
import { checkOpaque, checkSelectors } from './selector-validation.ts';

const MAX_CONFIGS = 32;

const check = (spec: Partial<DeviceClassSpec>, old?: Partial<DeviceClassSpec>): FieldError[] => {
  const errors: FieldError[] = [];
  const { selectors, config, extendedResourceName: name } = spec;
  checkSelectors(
    errors,
    'spec.selectors',
    selectors,
    old !== undefined && sameValue(selectors, old.selectors),
  );
  const stored = old !== undefined && sameValue(config, old.config);
  checkList(errors, 'spec.config', config, MAX_CONFIGS, (found, path, { opaque }) =>
    checkOpaque(found, path, opaque, stored),
  );
  if (name !== undefined && !isExtendedResource(name)) {
    errors.push(invalidValue('spec.extendedResourceName', name, 'must be a valid extended resource name'));
  }
  return errors;
};

/** Errors of a new class. */
export const validateDeviceClass = (object: KubeObject): FieldError[] =>
  check((object as DeviceClass).spec ?? {});

/** Errors of a changed class; what did not change is not judged by newer rules. */
export const validateDeviceClassUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  check((object as DeviceClass).spec ?? {}, (old as DeviceClass).spec ?? {});

/** Rules of a container's variables (pkg/apis/core/validation, 1.36). */

import { invalidValue } from '../../machinery/field-error.ts';
import { configMapKey, dns1123Subdomain, relaxedEnvVarName } from '../../machinery/name-rules.ts';
import {
  checkLabelName,
  checkPresent,
  checkRule,
  checkSubdomainPrefix,
  type Errors,
} from '../common/checks.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
} from '../generated/types.ts';
import { checkNoBacksteps } from './path-checks.ts';
import { checkFieldRef, checkResourceRef, VARIABLE_FIELDS } from './reference-checks.ts';

const SOURCES =
  'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
const ONE_FIELD = 'may not have more than one field specified at a time';

const checkKeyRef = (errors: Errors, path: string, ref: ConfigMapKeySelector): void => {
  const { name = '', key } = ref;
  checkRule(errors, `${path}.name`, name, dns1123Subdomain(name));
  if (checkPresent(errors, `${path}.key`, key)) checkRule(errors, `${path}.key`, key, configMapKey(key));
};

const checkFileRef = (errors: Errors, path: string, ref: FileKeySelector): void => {
  const { key, volumeName, path: file } = ref;
  if (checkPresent(errors, `${path}.key`, key)) checkRule(errors, `${path}.key`, key, relaxedEnvVarName(key));
  if (checkPresent(errors, `${path}.volumeName`, volumeName)) {
    checkLabelName(errors, `${path}.volumeName`, volumeName);
  }
  if (checkPresent(errors, `${path}.path`, file)) checkNoBacksteps(errors, `${path}.path`, file);
};

const checkSource = (errors: Errors, path: string, source: EnvVarSource, value: string): void => {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  let count = 0;
  if (fieldRef) {
    count += 1;
    checkFieldRef(errors, `${path}.fieldRef`, fieldRef, VARIABLE_FIELDS);
  }
  if (resourceFieldRef) {
    count += 1;
    checkResourceRef(errors, `${path}.resourceFieldRef`, resourceFieldRef, false);
  }
  if (configMapKeyRef) {
    count += 1;
    checkKeyRef(errors, `${path}.configMapKeyRef`, configMapKeyRef);
  }
  if (secretKeyRef) {
    count += 1;
    checkKeyRef(errors, `${path}.secretKeyRef`, secretKeyRef);
  }
  if (fileKeyRef) {
    count += 1;
    checkFileRef(errors, `${path}.fileKeyRef`, fileKeyRef);
  }
  if (count === 0) errors.push(invalidValue(path, '', SOURCES));
  else if (value !== '')
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalidValue(path, '', ONE_FIELD));
};

/** One variable. */
export const checkEnvVar = (errors: Errors, path: string, variable: EnvVar): void => {
  const { name, value = '', valueFrom } = variable;
  if (checkPresent(errors, `${path}.name`, name)) {
    checkRule(errors, `${path}.name`, name, relaxedEnvVarName(name));
  }
  if (valueFrom) checkSource(errors, `${path}.valueFrom`, valueFrom, value);
};

const checkNameRef = (errors: Errors, path: string, name: string | undefined): void => {
  if (checkPresent(errors, path, name)) checkSubdomainPrefix(errors, path, name ?? '');
};

/** All of `envFrom`; which sources there are is told at the list's own path. */
export const checkEnvFrom = (
  errors: Errors,
  path: string,
  sources: readonly EnvFromSource[] | undefined,
): void => {
  if (sources === undefined) return;
  sources.forEach(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    if (prefix) checkRule(errors, `${at}.prefix`, prefix, relaxedEnvVarName(prefix));
    if (configMapRef) checkNameRef(errors, `${at}.configMapRef.name`, configMapRef.name);
    if (secretRef) checkNameRef(errors, `${at}.secretRef.name`, secretRef.name);
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) errors.push(invalidValue(path, '', ONE_FIELD));
  });
};

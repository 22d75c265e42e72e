/** Rules of API services (upstream: kube-aggregator apis/apiregistration/validation, 1.36). */

import { bytesOfBase64 } from '../../machinery/base64.ts';
import { type FieldError, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { dns1035Label, pathSegmentName, portNumber } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPresent, checkRule, checkSubdomain, type Errors } from '../common/checks.ts';
import type { APIService, APIServiceSpec } from '../generated/types.ts';

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const STATUSES = ['True', 'False', 'Unknown'];

type Spec = Partial<APIServiceSpec>;

const checkName = (errors: Errors, name: string, { version = '', group = '' }: Spec): void => {
  const wanted = `${version}.${group}`;
  if (name === '' || name === wanted || pathSegmentName(name).length > 0) return;
  const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`;
  errors.push(invalidValue('metadata.name', name, detail));
};

const checkPriority = (errors: Errors, field: string, value: number, max: number): void => {
  if (value > 0 && value <= max) return;
  errors.push(invalidValue(field, value, `must be positive and less than ${max}`));
};

const checkLocal = (errors: Errors, { caBundle, insecureSkipTLSVerify }: Spec): void => {
  if (caBundle) {
    const size = `${bytesOfBase64(caBundle).length} bytes`;
    errors.push(invalidValue('spec.caBundle', size, 'local APIServices may not have a caBundle'));
  }
  if (!insecureSkipTLSVerify) return;
  const detail = 'local APIServices may not have insecureSkipTLSVerify';
  errors.push(invalidValue('spec.insecureSkipTLSVerify', true, detail));
};

const checkBackend = (errors: Errors, spec: Spec): void => {
  const { service, caBundle, insecureSkipTLSVerify } = spec;
  if (!service) {
    checkLocal(errors, spec);
    return;
  }
  checkPresent(errors, 'spec.service.namespace', service.namespace);
  checkPresent(errors, 'spec.service.name', service.name);
  const port = service.port ?? 0;
  const messages = portNumber(port);
  if (messages.length > 0) {
    errors.push(invalidValue('spec.service.port', port, `port is not valid: ${messages.join(', ')}`));
  }
  if (insecureSkipTLSVerify && caBundle) {
    const detail = 'may not be true if caBundle is present';
    errors.push(invalidValue('spec.insecureSkipTLSVerify', true, detail));
  }
};

/** Errors of an API service, new or changed. */
export const validateApiService = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const spec: Spec = (object as APIService).spec ?? {};
  const { group = '', version = '' } = spec;
  checkName(errors, object.metadata.name ?? '', spec);
  if (group !== '') checkSubdomain(errors, 'spec.group', group);
  else if (version !== 'v1') {
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  }
  checkRule(errors, 'spec.version', version, dns1035Label(version));
  checkPriority(errors, 'spec.groupPriorityMinimum', spec.groupPriorityMinimum ?? 0, MAX_GROUP_PRIORITY);
  checkPriority(errors, 'spec.versionPriority', spec.versionPriority ?? 0, MAX_VERSION_PRIORITY);
  checkBackend(errors, spec);
  return errors;
};

/** Errors of a changed status. */
export const validateApiServiceStatus = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  checkEach(
    errors,
    'status.conditions',
    (object as APIService).status?.conditions,
    (found, path, { status = '' }) => {
      if (!STATUSES.includes(status)) found.push(notSupported(`${path}.status`, status, STATUSES));
    },
  );
  return errors;
};

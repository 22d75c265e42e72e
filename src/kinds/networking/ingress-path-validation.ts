/** Rules of an ingress's paths and backends (upstream: pkg/apis/networking/validation, 1.36). */

import { invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { dns1123Label, portName, portNumber } from '../../machinery/name-rules.ts';
import {
  checkEach,
  checkPathSegment,
  checkPresent,
  checkRule,
  checkSubdomain,
  type Errors,
} from '../common/checks.ts';
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressServiceBackend,
  TypedLocalObjectReference,
} from '../generated/types.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDINGS = ['/..', '/.'];

const checkResource = (errors: Errors, field: string, resource: TypedLocalObjectReference): void => {
  const { apiGroup, kind, name } = resource;
  if (typeof apiGroup === 'string') checkSubdomain(errors, `${field}.apiGroup`, apiGroup);
  if (checkPresent(errors, `${field}.kind`, kind)) checkPathSegment(errors, `${field}.kind`, kind);
  const target = name ?? '';
  if (checkPresent(errors, `${field}.name`, target)) checkPathSegment(errors, `${field}.name`, target);
};

const checkService = (errors: Errors, field: string, service: IngressServiceBackend): void => {
  const path = `${field}.service`;
  const host = service.name ?? '';
  if (checkPresent(errors, `${path}.name`, host)) {
    checkRule(errors, `${path}.name`, host, dns1123Label(host));
  }
  const { name = '', number = 0 } = service.port ?? {};
  if (name !== '' && number !== 0) {
    errors.push(invalidValue(field, '', 'cannot set both port name & port number'));
  } else if (name !== '') checkRule(errors, `${path}.port.name`, name, portName(name));
  else if (number !== 0) {
    for (const message of portNumber(number))
      errors.push(invalidValue(`${path}.port.number`, number, message));
  } else errors.push(required(field, 'port name or number is required'));
};

/** What a path or a whole ingress leads to: one of a service and a resource. */
export const checkBackend = (errors: Errors, field: string, backend: IngressBackend | undefined): void => {
  const { resource, service } = backend ?? {};
  if (resource && service) {
    errors.push(invalidValue(field, '', 'cannot set both resource and service backends'));
  } else if (resource) checkResource(errors, `${field}.resource`, resource);
  else if (service) checkService(errors, field, service);
  else errors.push(invalidValue(field, '', 'resource or service backend is required'));
};

const checkAbsolute = (errors: Errors, field: string, path: string): void => {
  if (!path.startsWith('/')) errors.push(invalidValue(field, path, 'must be an absolute path'));
};

const checkExactPath = (errors: Errors, field: string, path: string): void => {
  checkAbsolute(errors, field, path);
  for (const sequence of BAD_SEQUENCES) {
    if (path.includes(sequence)) errors.push(invalidValue(field, path, `must not contain '${sequence}'`));
  }
  for (const ending of BAD_ENDINGS) {
    if (path.endsWith(ending)) errors.push(invalidValue(field, path, `cannot end with '${ending}'`));
  }
};

const checkPath = (
  errors: Errors,
  field: string,
  { path = '', pathType, backend }: HTTPIngressPath,
): void => {
  // Absence is an empty text here: a written empty text counts as a value of its own upstream only in memory.
  if (!pathType) {
    errors.push(required(`${field}.pathType`, 'pathType must be specified'));
    return;
  }
  if (pathType === 'Exact' || pathType === 'Prefix') checkExactPath(errors, `${field}.path`, path);
  else if (pathType !== 'ImplementationSpecific') {
    errors.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  } else if (path !== '') checkAbsolute(errors, `${field}.path`, path);
  checkBackend(errors, `${field}.backend`, backend);
};

/** The paths of one rule. */
export const checkPaths = (errors: Errors, field: string, paths: readonly HTTPIngressPath[] | null): void => {
  if (!paths || paths.length === 0) errors.push(required(field));
  checkEach(errors, field, paths, checkPath);
};

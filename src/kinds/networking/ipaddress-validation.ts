/** Rules of IP addresses (upstream: pkg/apis/networking/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import { parseIp, printIp, strictIp } from '../../machinery/ip.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkPathSegment, checkPresent, checkSubdomain } from '../common/checks.ts';
import type { IPAddress, ParentReference } from '../generated/types.ts';

/** The reference as upstream's in-memory type prints. */
const shown = (ref: ParentReference | undefined): unknown =>
  ref && {
    Group: ref.group ?? '',
    Resource: ref.resource ?? '',
    Namespace: ref.namespace ?? '',
    Name: ref.name ?? '',
  };

const nameErrors = (name: string): string[] => {
  const errors = strictIp(name);
  const address = errors.length === 0 ? parseIp(name) : undefined;
  return address && printIp(address) !== name
    ? [`must be in canonical form ("${printIp(address)}")`]
    : errors;
};

const parentErrors = ({ spec }: IPAddress): FieldError[] => {
  const errors: FieldError[] = [];
  const field = 'spec.parentRef';
  const ref = spec?.parentRef;
  if (ref === undefined) return [required(field)];
  const { group = '', resource = '', name = '', namespace = '' } = ref;
  if (group !== '') checkSubdomain(errors, `${field}.group`, group);
  if (checkPresent(errors, `${field}.resource`, resource))
    checkPathSegment(errors, `${field}.resource`, resource);
  if (checkPresent(errors, `${field}.name`, name)) checkPathSegment(errors, `${field}.name`, name);
  if (namespace !== '') checkPathSegment(errors, `${field}.namespace`, namespace);
  return errors;
};

/** Errors of a new address. */
export const validateIpAddress = (object: KubeObject): FieldError[] => {
  const { name = '' } = object.metadata;
  const errors = name === '' ? [] : nameErrors(name).map((text) => invalidValue('metadata.name', name, text));
  return [...errors, ...parentErrors(object as IPAddress)];
};

/** Errors of a changed address: its parent stays. */
export const validateIpAddressUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors = requiredErrors(object as IPAddress);
  const ref = (object as IPAddress).spec?.parentRef;
  checkImmutable(errors, 'spec.parentRef', shown(ref), shown((old as IPAddress).spec?.parentRef));
  return errors;
};

/** On an update only presence is judged beside immutability. */
const requiredErrors = (address: IPAddress): FieldError[] =>
  parentErrors(address).filter(({ type }) => type === 'FieldValueRequired');

/** Objects embedded in custom ones (structural-schema/objectmeta): type and metadata are judged as any object's. */

import { at, type FieldError, invalidValue, required } from '../machinery/field-error.ts';
import { dns1035Label } from '../machinery/name-rules.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import type { ObjectMeta } from '../machinery/object.ts';
import { additionalOf, isEmbedded, itemsOf, type Props } from '../machinery/structural/props.ts';
import { checkEmbeddedMetadata } from './metadata-rules.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const checkOne = (value: Readonly<Record<string, unknown>>, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const apiVersion = textOf(value['apiVersion']);
  const kind = textOf(value['kind']);
  if (apiVersion === '') errors.push(required(at(path, 'apiVersion')));
  else if (parseGroupVersion(apiVersion) === undefined) {
    const text = `unexpected GroupVersion string: ${apiVersion}`;
    errors.push(invalidValue(at(path, 'apiVersion'), apiVersion, text));
  }
  if (kind === '') errors.push(required(at(path, 'kind')));
  else {
    for (const text of dns1035Label(kind.toLowerCase())) {
      const detail = `may have mixed case, but should otherwise match: ${text}`;
      errors.push(invalidValue(at(path, 'kind'), kind, detail));
    }
  }
  const { metadata } = value;
  if (!isRecord(metadata)) return errors;
  for (const error of checkEmbeddedMetadata(metadata as ObjectMeta))
    errors.push({ ...error, field: `${path}.${error.field}` });
  return errors;
};

/** Errors of every embedded object below a value. */
export const checkEmbedded = (props: Props, value: unknown, path = ''): FieldError[] => {
  if (Array.isArray(value)) {
    const items = itemsOf(props);
    if (items === undefined) return [];
    return value.flatMap((item, index) => checkEmbedded(items, item, `${path}[${index}]`));
  }
  if (!isRecord(value)) return [];
  const additional = additionalOf(props);
  const below = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const child = props.properties?.[name];
      if (child !== undefined) return checkEmbedded(child, value[name], at(path, name));
      return additional === undefined ? [] : checkEmbedded(additional, value[name], `${path}[${name}]`);
    });
  return isEmbedded(props) ? [...checkOne(value, path), ...below] : below;
};

/** Lists and names of device objects (upstream: pkg/apis/resource/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { duplicate, invalidValue, required, tooLong, tooMany } from '../../machinery/field-error.ts';
import { cIdentifier, dns1123Label } from '../../machinery/name-rules.ts';
import { checkEach, checkLabelName, checkRule, checkSubdomain, type Errors } from '../common/checks.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';

const MAX_POOL_NAME = 253;
const MAX_ID = 32;

type ItemCheck<Item> = (errors: Errors, path: string, item: Item) => void;

/** A list of at most `max` items; a longer one is not looked into. Tells whether it was. */
export const checkList = <Item>(
  errors: Errors,
  path: string,
  list: readonly Item[] | null | undefined,
  max: number,
  check: ItemCheck<Item>,
): boolean => {
  const count = list?.length ?? 0;
  if (count > max) {
    errors.push(tooMany(path, count, max));
    return false;
  }
  checkEach(errors, path, list, check);
  return true;
};

/** A list whose items differ by `key`. */
export const checkSet = <Item>(
  errors: Errors,
  path: string,
  list: readonly Item[] | null | undefined,
  max: number,
  check: ItemCheck<Item>,
  key: (item: Item) => string,
): void => {
  if (!checkList(errors, path, list, max, check)) return;
  const seen = new Set<string>();
  checkEach(errors, path, list, (found, at, item) => {
    const name = key(item);
    if (seen.has(name)) found.push(duplicate(at, name));
    seen.add(name);
  });
};

const shorten = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const remaining = max - 3;
  return `${text.slice(0, Math.ceil(remaining / 2))}...${text.slice(text.length - Math.floor(remaining / 2))}`;
};

/** A map, in key order; keys in paths are cut in the middle when they are longer than names may be. */
export const checkMap = <Item>(
  errors: Errors,
  path: string,
  map: Readonly<Record<string, Item>> | null | undefined,
  limits: { readonly entries?: number; readonly keyBytes: number },
  checkKey: ItemCheck<string>,
  check: ItemCheck<Item>,
): void => {
  const keys = Object.keys(map ?? {}).sort();
  if (limits.entries !== undefined && keys.length > limits.entries) {
    errors.push(tooMany(path, keys.length, limits.entries));
    return;
  }
  for (const key of keys) {
    const at = `${path}[${shorten(key, limits.keyBytes)}]`;
    checkKey(errors, at, key);
    check(errors, at, map?.[key] as Item);
  }
};

/** Segments that are DNS subdomains. */
export const checkPoolName = (errors: Errors, path: string, name: string | undefined): void => {
  if (!name) {
    errors.push(required(path));
    return;
  }
  if (utf8Length(name) > MAX_POOL_NAME) errors.push(tooLong(path, MAX_POOL_NAME));
  for (const part of name.split('/')) checkSubdomain(errors, path, part);
};

const checkIdentifier = (errors: Errors, path: string, id: string): void => {
  if (utf8Length(id) > MAX_ID) errors.push(tooLong(path, MAX_ID));
  checkRule(errors, path, id, cIdentifier(id));
};

/** A C identifier, perhaps with a domain before it. Longer paths pass, as upstream lets them. */
export const checkAttributeName = (errors: Errors, path: string, name: string): void => {
  const parts = name.split('/');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) checkIdentifier(errors, path, first);
  if (parts.length !== 2) return;
  if (first === '') errors.push(invalidValue(path, '', 'the domain must not be empty'));
  else checkCsiDriverName(errors, path, first);
  if (second === '') errors.push(invalidValue(path, '', 'the name must not be empty'));
  else checkIdentifier(errors, path, second);
};

/** An attribute's name that must have a domain. */
export const checkFullAttributeName = (errors: Errors, path: string, name: string): void => {
  checkAttributeName(errors, path, name);
  if (name.includes('/')) return;
  const detail = 'a fully qualified name must be a domain and a name separated by a slash';
  errors.push(invalidValue(path, name, detail));
};

/** The name of a counter or a set of them. */
export const checkCounterName = (errors: Errors, path: string, name: string | undefined): void => {
  if (!name) errors.push(required(path));
  else checkLabelName(errors, path, name);
};

/** A key of a map of counters. */
export const checkCounterKey = (errors: Errors, path: string, key: string): void =>
  checkRule(errors, path, key, dns1123Label(key));

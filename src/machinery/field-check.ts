/** Checks an apply configuration against its type, in upstream's words (structured-merge-diff v6 typed/validate.go). */

import type { FieldType, ListType, MapType, ScalarType } from './field-types.ts';
import { elementOf, type Fields, ItemError, isFields, memberType, shapeOf } from './field-values.ts';
import { printPath } from './fieldset.ts';
import { printGoType, printGoValue } from './go-print.ts';

interface Problem {
  readonly path: string;
  readonly text: string;
}

const scalarProblem = (scalar: ScalarType, value: unknown): string | undefined => {
  if (value === null || value === undefined) return undefined;
  const boxed = (): string => `&{${printGoValue(value)}}`;
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${printGoType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${printGoSyntax(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${boxed()}`;
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got ${boxed()}` : undefined;
    default:
      return scalar satisfies never;
  }
};

/** `%#v` of a decoded JSON value. */
const printGoSyntax = (value: unknown): string => {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(printGoSyntax).join(', ')}}`;
  if (!isFields(value)) return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const entries = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${printGoSyntax(value[name])}`);
  return `map[string]interface {}{${entries.join(', ')}}`;
};

const checkMembers = (map: MapType, value: Fields, path: string, problems: Problem[]): void => {
  for (const name of Object.keys(value)) {
    const inner = `${path}.${name}`;
    if (!map.fields.has(name) && map.items === undefined) {
      problems.push({ path: inner, text: 'field not declared in schema' });
      return;
    }
    check(memberType(map, name), value[name], inner, problems);
  }
};

const checkItems = (list: ListType, items: readonly unknown[], path: string, problems: Problem[]): void => {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let shown = `[${index}]`;
    if (!list.atomic) {
      try {
        const element = elementOf(list, item);
        shown = printPath([element]);
        if (seen.has(element)) problems.push({ path, text: `duplicate entries for key ${shown}` });
        seen.add(element);
      } catch (failure) {
        if (!(failure instanceof ItemError)) throw failure;
        problems.push({ path, text: `element ${index}: ${failure.message}` });
        return;
      }
    }
    check(list.items, item, `${path}${shown}`, problems);
  }
};

const check = (type: FieldType, value: unknown, path: string, problems: Problem[]): void => {
  const shape = shapeOf(type, value);
  if (shape === 'scalar') {
    const text = scalarProblem(type.scalar ?? 'untyped', value);
    if (text !== undefined) problems.push({ path, text });
    return;
  }
  if (value === null || value === undefined) return;
  if (shape === 'map') {
    if (!isFields(value)) problems.push({ path, text: `expected map, got &{${printGoValue(value)}}` });
    else if (type.map !== undefined) checkMembers(type.map, value, path, problems);
    return;
  }
  if (!Array.isArray(value)) problems.push({ path, text: `expected list, got &{${printGoValue(value)}}` });
  else if (type.list !== undefined) checkItems(type.list, value, path, problems);
};

/** What is wrong with a value of a type, in upstream's words; `undefined` when nothing is. */
export const checkTyped = (type: FieldType, value: unknown): string | undefined => {
  const problems: Problem[] = [];
  check(type, value, '', problems);
  if (problems.length === 0) return undefined;
  const texts = problems.map(({ path, text }) => (path === '' ? text : `${path}: ${text}`));
  return texts.length === 1 ? texts[0] : `errors:\n${texts.map((text) => `  ${text}`).join('\n')}`;
};

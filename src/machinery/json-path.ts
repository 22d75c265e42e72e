/**
 * The JSONPath of kubectl and printer columns (client-go util/jsonpath): fields, quoted fields, indexes, slices,
 * wildcards, recursive descent and filters by one comparison.
 */

import { bad, good, type Result } from './result.ts';

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly step: number }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'filter';
      readonly left: JsonPath;
      readonly operator: string;
      readonly right?: string | number | boolean | null;
    };

/** A parsed path: its steps from the root. */
export type JsonPath = readonly Step[];

const FIELD = /^(?:\\.|[^.[\]\s{}'"()\\])+/;
const FILTER = /^\?\(\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)$/;

const literal = (text: string): string | number | boolean | null => {
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null' || text === 'nil') return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
};

/** The end of a bracket that starts at 0, quotes respected; -1 when there is none. */
const closing = (text: string): number => {
  let depth = 0;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (quote !== '') {
      if (char === '\\') index += 1;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '[') depth += 1;
    else if (char === ']') {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
};

const parseBracket = (inner: string): Result<Step> => {
  const text = inner.trim();
  if (text === '*') return good({ kind: 'wildcard' });
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return good({ kind: 'field', name: (quoted[2] ?? '').replace(/\\(.)/g, '$1') });
  if (/^-?\d+$/.test(text)) return good({ kind: 'index', index: Number(text) });
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice) {
    const [, from = '', to = '', step = ''] = slice;
    return good({
      kind: 'slice',
      ...(from === '' ? {} : { from: Number(from) }),
      ...(to === '' ? {} : { to: Number(to) }),
      step: step === '' ? 1 : Number(step),
    });
  }
  const filter = FILTER.exec(text);
  if (filter) {
    const [, path = '', operator = '', right] = filter;
    const left = parseJsonPath(path);
    if (!left.ok) return left;
    return good({
      kind: 'filter',
      left: left.value,
      operator,
      ...(right === undefined ? {} : { right: literal(right) }),
    });
  }
  return bad(`invalid array index ${text}`);
};

/** Parses a path with or without braces, e.g. `.spec.replicas` or `{.status.conditions[?(@.type=="Ready")].status}`. */
export const parseJsonPath = (text: string): Result<JsonPath> => {
  let rest = text.trim();
  if (rest.startsWith('{') && rest.endsWith('}')) rest = rest.slice(1, -1).trim();
  if (rest.startsWith('$')) rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest !== '') {
    if (rest.startsWith('[')) {
      const end = closing(rest);
      if (end < 0) return bad('unterminated array');
      const step = parseBracket(rest.slice(1, end));
      if (!step.ok) return step;
      steps.push(step.value);
      rest = rest.slice(end + 1);
      continue;
    }
    if (rest.startsWith('..')) {
      steps.push({ kind: 'recursive' });
      rest = rest.slice(rest[2] === '[' ? 2 : 1);
      continue;
    }
    const dotted = rest.startsWith('.') ? rest.slice(1) : rest;
    if (dotted === '') break;
    if (dotted.startsWith('[')) {
      rest = dotted;
      continue;
    }
    const match = FIELD.exec(dotted);
    if (match === null) return bad(`unrecognized character in action: U+${codeOf(dotted)}`);
    const name = match[0].replace(/\\(.)/g, '$1');
    steps.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name });
    rest = dotted.slice(match[0].length);
  }
  return good(steps);
};

const codeOf = (text: string): string => {
  const code = (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `${code} '${text[0] ?? ''}'`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const members = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];

const descend = (value: unknown): unknown[] => [value, ...members(value).flatMap(descend)];

const compare = (left: unknown, operator: string, right: unknown): boolean => {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
};

const sliced = (value: readonly unknown[], step: Step & { readonly kind: 'slice' }): readonly unknown[] => {
  const at = (index: number) => (index < 0 ? index + value.length : index);
  const part = value.slice(at(step.from ?? 0), step.to === undefined ? undefined : at(step.to));
  return step.step <= 1 ? part : part.filter((_item, index) => index % step.step === 0);
};

const take = (value: unknown, step: Step): readonly unknown[] => {
  switch (step.kind) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'wildcard':
      return members(value);
    case 'recursive':
      return descend(value);
    case 'index': {
      if (!Array.isArray(value)) return [];
      const index = step.index < 0 ? step.index + value.length : step.index;
      return index in value ? [value[index]] : [];
    }
    case 'slice':
      return Array.isArray(value) ? sliced(value, step) : [];
    case 'filter':
      return members(value).filter((item) => {
        const found = findJsonPath(step.left, item);
        if (step.operator === '') return found.length > 0;
        return found.length > 0 && compare(found[0], step.operator, step.right);
      });
    default:
      return step satisfies never;
  }
};

/** What a path finds, in order; nothing when a part of it is missing. */
export const findJsonPath = (path: JsonPath, root: unknown): readonly unknown[] => {
  let values: readonly unknown[] = [root];
  for (const step of path) values = values.flatMap((value) => take(value, step));
  return values;
};

/** A found value as text: strings and scalars bare, everything else as JSON. */
export const printJsonPathValue = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

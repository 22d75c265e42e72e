/**
 * The form in which some refusals show values: upstream prints its internal Go structs, with their own names and order
 * of fields and every absent field (pkg/apis/core/types.go, pkg/apis/batch/types.go, pkg/apis/apps/types.go, 1.36).
 */

import type { LabelSelectorObject } from '../../machinery/selector.ts';
import { structs } from './internal-structs.ts';
import { selectorValue, sortedMap } from './label-selector-validation.ts';

interface Field {
  /** Go's name. */
  readonly name: string;
  /** Name in JSON, '' for the pod's security context, parts of which lie beside it in JSON. */
  readonly json: string;
  readonly shape: string;
  /** Name of the struct of a value, pointer or item. */
  readonly struct: string;
}

const FIELD = /^(\w+)(?::(\w*))?(#|\?|\*|\[\]|\{\}|%|~|=)?(?:(\[|<|\{)(\w+)[\]>}])?$/;

const parsed = new Map<string, readonly Field[]>();

const fieldsOf = (struct: string): readonly Field[] => {
  const known = parsed.get(struct);
  if (known !== undefined) return known;
  const fields = (structs[struct] ?? '').split(' ').flatMap((text): Field[] => {
    const match = FIELD.exec(text);
    if (!match) return [];
    const [, name = '', json, mark = '', open = '', inner = ''] = match;
    return [
      { name, json: json ?? `${name[0]?.toLowerCase()}${name.slice(1)}`, shape: mark || open, struct: inner },
    ];
  });
  parsed.set(struct, fields);
  return fields;
};

type Plain = Readonly<Record<string, unknown>>;

const list = (value: unknown, item: (entry: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(item) : null;

const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'] as const;

/** Upstream keeps the host's namespaces in the security context. */
const podSecurityContext = (spec: Plain): Plain => ({
  ...(spec['securityContext'] as Plain | undefined),
  ...Object.fromEntries(HOST_FIELDS.map((name) => [name, spec[name]])),
});

const fieldValue = (field: Field, parent: Plain): unknown => {
  const value = field.json === '' ? podSecurityContext(parent) : parent[field.json];
  switch (field.shape) {
    case '':
      return value ?? '';
    case '#':
      return value ?? 0;
    case '?':
      return value ?? false;
    case '%':
      return value ?? '0';
    case '[]':
      return list(value, (entry) => entry);
    case '{}':
      return sortedMap(value as Readonly<Record<string, unknown>> | undefined) ?? null;
    case '~':
      return selectorValue(value as LabelSelectorObject | undefined) ?? null;
    case '[':
      return list(value, (entry) => internalForm(field.struct, entry));
    case '<':
      return value === undefined || value === null ? null : internalForm(field.struct, value);
    case '{':
      return internalForm(field.struct, value ?? {});
    default:
      return value ?? null;
  }
};

const META_FIELDS = ['name', 'generateName', 'namespace', 'labels', 'annotations'] as const;

/** Embedded metadata of templates keeps its JSON names and leaves out what is empty. */
const embeddedMeta = (parent: Plain): Plain => {
  const metadata = (parent['metadata'] ?? {}) as Plain;
  return Object.fromEntries(
    META_FIELDS.flatMap((name) => {
      const value = metadata[name];
      if (value === undefined || value === '') return [];
      return [[name, typeof value === 'object' ? sortedMap(value as Plain) : value]];
    }),
  );
};

/** A v1 value as its internal struct; `struct` is a name in internal-structs.ts. */
export const internalForm = (struct: string, value: unknown): Plain => {
  const parent = (value ?? {}) as Plain;
  const form: Record<string, unknown> = {};
  for (const field of fieldsOf(struct)) {
    if (field.shape === '=') Object.assign(form, embeddedMeta(parent));
    else form[field.name] = fieldValue(field, parent);
  }
  return form;
};

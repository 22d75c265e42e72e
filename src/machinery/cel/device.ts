/** What expressions that select devices may see (dynamic-resource-allocation/cel, 1.36). */

import { compileCel } from './cel.ts';
import { BOOL, type CelType, DYN, mapOf, type ObjectType, opaque, printType, STRING } from './types.ts';

const FIELDS: Readonly<Record<string, CelType>> = {
  driver: STRING,
  attributes: mapOf(STRING, mapOf(STRING, DYN)),
  capacity: mapOf(STRING, mapOf(STRING, opaque('kubernetes.Quantity'))),
  allowMultipleAllocations: BOOL,
};

const deviceType: ObjectType = {
  of: 'object',
  name: 'kubernetes.DRADevice',
  field: (name) => {
    const type = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    return type === undefined ? undefined : { type, jsonName: name };
  },
};

const ENVIRONMENT = { variables: new Map<string, CelType>([['device', deviceType]]) };

/** Why a text selects no devices; nothing when it does. */
export const deviceSelectorError = (source: string): string | undefined => {
  const made = compileCel(source, ENVIRONMENT);
  if (!made.ok) return `compilation failed: ${made.error}`;
  const { type } = made.program;
  if (type.of === 'bool' || type.of === 'dyn') return undefined;
  return `must evaluate to bool or the unknown type, not ${printType(type)}`;
};

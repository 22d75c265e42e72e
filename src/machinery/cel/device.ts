/** What expressions that select devices may see (dynamic-resource-allocation/cel, 1.36). */

import { type Compiled, compileCel } from './cel.ts';
import { BOOL, type CelType, DYN, mapOf, type ObjectType, opaque, printType, STRING } from './types.ts';
import { CelError, CelMap, CelObject, type CelValue } from './values.ts';

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

/** A device as a selector sees it. */
export interface DeviceFacts {
  readonly driver: string;
  readonly attributes: Readonly<Record<string, DeviceAttributeValue>>;
  readonly capacity: Readonly<Record<string, { readonly value: string }>>;
  readonly allowMultipleAllocations: boolean;
}

/** One attribute: exactly one of the fields is there. */
export interface DeviceAttributeValue {
  readonly int?: number;
  readonly bool?: boolean;
  readonly string?: string;
  readonly version?: string;
  readonly ints?: readonly number[];
  readonly bools?: readonly boolean[];
  readonly strings?: readonly string[];
  readonly versions?: readonly string[];
}

const quantity = compileCel('quantity(text)', { variables: new Map([['text', STRING]]) });
const semver = compileCel('semver(text)', { variables: new Map([['text', STRING]]) });

const run = (made: typeof quantity, text: string): CelValue =>
  made.ok ? made.program.run((name) => (name === 'text' ? text : undefined), { left: 1_000 }) : null;

const attributeValue = ({
  int,
  bool,
  string,
  version,
  ints,
  bools,
  strings,
  versions,
}: DeviceAttributeValue) => {
  if (int !== undefined) return BigInt(int);
  if (version !== undefined) return run(semver, version);
  if (ints !== undefined) return ints.map((it) => BigInt(it));
  if (versions !== undefined) return versions.map((it) => run(semver, it));
  return bool ?? string ?? (bools as CelValue) ?? (strings as CelValue) ?? null;
};

/** `domain/name` in two; a name without a domain belongs to the driver's. */
const splitName = (name: string, driver: string): readonly [domain: string, id: string] => {
  const slash = name.indexOf('/');
  return slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)];
};

const byDomain = <Value>(
  entries: Readonly<Record<string, Value>>,
  driver: string,
  convert: (value: Value) => CelValue,
): CelMap => {
  const domains = new CelMap();
  for (const [name, value] of Object.entries(entries)) {
    const [domain, id] = splitName(name, driver);
    const inner = (domains.get(domain) as CelMap | undefined) ?? new CelMap();
    inner.set(id, convert(value));
    domains.set(domain, inner);
  }
  return domains;
};

/** What asks for a domain that a device has nothing of gets an empty one, as upstream's. */
class Domains extends CelMap {
  override get(key: CelValue): CelValue | undefined {
    return super.get(key) ?? new CelMap();
  }
}

const withEmptyDomains = (map: CelMap): CelMap => {
  const domains = new Domains();
  for (const [key, value] of map.entries()) domains.set(key, value);
  return domains;
};

const COST = 1_000_000;

/** Expressions compiled before; a pure cache. */
const compiled = new Map<string, Compiled>();
const MOST_COMPILED = 200;

const compile = (source: string): Compiled => {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  const made = compileCel(source, ENVIRONMENT);
  compiled.set(source, made);
  return made;
};

/** Whether an expression selects a device; one that fails at run time (a missing attribute) does not. */
export const selectsDevice = (source: string, device: DeviceFacts): boolean => {
  const made = compile(source);
  if (!made.ok) return false;
  const raw = {
    driver: device.driver,
    attributes: withEmptyDomains(byDomain(device.attributes, device.driver, attributeValue)),
    capacity: withEmptyDomains(byDomain(device.capacity, device.driver, (it) => run(quantity, it.value))),
    allowMultipleAllocations: device.allowMultipleAllocations,
  };
  const value = new CelObject(raw, deviceType, (field) => field as CelValue);
  try {
    return made.program.run((name) => (name === 'device' ? value : undefined), { left: COST }) === true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
};

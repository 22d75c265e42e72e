/** Turns Go declarations into the compact facts table; its grammar is described in `src/kinds/schema-facts.ts`. */
import { type GoField, type GoPackage, type GoType, type Markers, readGoPackage } from './go-types.ts';
import { leaves, metaRoots, type PackageFacts } from './packages.ts';

/** What the generated file holds: package -> prefix, group, version, types; and enum values by type. */
export interface FactsTable {
  readonly packages: Readonly<
    Record<string, { readonly prefix: string; readonly group: string; readonly version: string }>
  >;
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'bool',
  int: 'int64',
  int32: 'int32',
  int64: 'int64',
  uint16: 'int32',
  uint64: 'int64',
  float64: 'double',
  'interface{}': 'any',
};

const first = (markers: Markers, name: string): string | undefined => markers.get(name)?.[0];

/** A resolved Go type: how the table spells it, and whether Go prints a zero value as an embedded struct. */
interface Resolved {
  readonly text: string;
  readonly markers: readonly Markers[];
}

/**
 * Reads the packages below `root` (the folder that holds `k8s.io`) and returns the facts of every kind and of
 * all types they refer to. Throws on Go that the reader does not understand.
 */
export const readFacts = (root: string, packages: readonly PackageFacts[]): FactsTable => {
  const loaded = new Map<string, GoPackage>();
  const load = (path: string): GoPackage => {
    const known = loaded.get(path);
    if (known) return known;
    const read = readGoPackage(root, path);
    loaded.set(path, read);
    return read;
  };
  const byPath = new Map(packages.map((entry) => [entry.path, entry]));
  const types: Record<string, Record<string, string>> = {};
  const enums: Record<string, readonly string[]> = {};
  const queue: [GoPackage, GoType][] = [];
  const seen = new Set<string>();

  const want = (home: GoPackage, type: GoType): void => {
    const key = `${home.path}.${type.name}`;
    if (seen.has(key)) return;
    seen.add(key);
    queue.push([home, type]);
  };

  const resolve = (home: GoPackage, type: string): Resolved => {
    if (type === '[]byte') return { text: 'bytes', markers: [] };
    if (type.startsWith('*')) return resolve(home, type.slice(1));
    if (type.startsWith('[]')) return { text: `[]${resolve(home, type.slice(2)).text}`, markers: [] };
    if (type.startsWith('map[')) {
      const value = resolve(home, type.slice(type.indexOf(']') + 1));
      return { text: `{}${value.text}`, markers: [] };
    }
    const scalar = scalars[type];
    if (scalar) return { text: scalar, markers: [] };
    const [prefix, suffix] = type.includes('.') ? type.split('.') : ['', type];
    const path = prefix ? home.imports.get(prefix) : home.path;
    const name = suffix ?? '';
    if (path === undefined) throw new Error(`${home.path}: unknown import in ${type}`);
    const leaf = leaves[`${path}.${name}`];
    if (leaf) return { text: leaf, markers: [] };
    const owner = load(path);
    const target = owner.types.get(name);
    if (!target) throw new Error(`${home.path}: no declaration of ${type}`);
    if (target.alias !== undefined) return resolveAlias(owner, target);
    const facts = byPath.get(path);
    if (!facts) throw new Error(`${home.path}: ${type} is in a package without facts`);
    want(owner, target);
    return { text: `${facts.short}.${name}`, markers: [target.markers] };
  };

  const resolveAlias = (owner: GoPackage, target: GoType): Resolved => {
    const under = resolve(owner, target.alias ?? '');
    if (first(target.markers, 'protobuf.nullable') === 'true' && under.text.startsWith('[]'))
      return { text: `w${under.text}`, markers: [target.markers, ...under.markers] };
    const isEnum = target.markers.has('enum') || target.markers.has('k8s:enum');
    const facts = byPath.get(owner.path);
    if (under.text === 'string' && isEnum && facts) {
      const referred = owner.references
        .filter(([type]) => type === target.name)
        .map(([, name]) => constant(owner, name) ?? '');
      const values = [...new Set([...(owner.constants.get(target.name) ?? []), ...referred])].sort();
      enums[`${facts.short}.${target.name}`] = values;
      return { text: `@${facts.short}.${target.name}`, markers: [target.markers] };
    }
    if (under.text === 'string' && facts)
      return { text: `%${facts.short}.${target.name}`, markers: [target.markers] };
    return { text: under.text, markers: [target.markers, ...under.markers] };
  };

  /** The value of a string constant, possibly of another package. */
  const constant = (home: GoPackage, name: string): string | undefined => {
    const [prefix, suffix] = name.includes('.') ? name.split('.') : [undefined, name];
    const owner = prefix ? load(home.imports.get(prefix) ?? '') : home;
    return owner.constantValues.get(suffix ?? '');
  };

  const readDefault = (home: GoPackage, markers: Markers, type: string): string | undefined => {
    const text = first(markers, 'default') ?? first(markers, 'kubebuilder:default');
    if (text === undefined) return undefined;
    const reference = /^ref\((.*)\)$/.exec(text);
    if (!reference) return text;
    const value = constant(home, reference[1] ?? '');
    if (value === undefined) throw new Error(`${home.path}: no constant for default ${text} of ${type}`);
    return JSON.stringify(value);
  };

  const printField = (
    home: GoPackage,
    field: GoField,
    wrappers: readonly string[] | undefined,
    short: string,
  ): string => {
    const resolved = resolve(home, field.type);
    const has = (name: string): boolean => field.markers.has(name);
    const omitted = field.jsonOptions.includes('omitzero')
      ? 'z'
      : field.jsonOptions.includes('omitempty')
        ? 'e'
        : '-';
    const required =
      has('required') || has('k8s:required') || (omitted === '-' && !has('optional') && !has('k8s:optional'));
    const pointer = field.type.startsWith('*');
    const text = resolved.text.replaceAll(`${short}.`, (match, at: number, whole: string) =>
      at === 0 || /[^\w.]/.test(whole[at - 1] ?? '') ? '' : match,
    );
    const parts = [
      field.jsonName,
      text,
      field.number === undefined || !wrappers ? '-' : String(field.number),
      `${omitted}${required ? '!' : ''}${pointer ? '*' : ''}`,
    ];
    if (wrappers && wrappers.length > 0) parts.push(`w=${wrappers.join(',')}`);
    if (field.patchStrategy) parts.push(`p=${field.patchStrategy}`);
    if (field.patchMergeKey) parts.push(`k=${field.patchMergeKey}`);
    const listType = first(field.markers, 'listType') ?? first(field.markers, 'k8s:listType');
    const keys = field.markers.get('listMapKey') ?? field.markers.get('k8s:listMapKey') ?? [];
    if (listType) parts.push(`l=${[listType, ...keys].join(',')}`);
    const mapType = first(field.markers, 'mapType') ?? first(field.markers, 'structType');
    const inherited = resolved.markers.map((markers) => first(markers, 'mapType')).find((value) => value);
    if (mapType ?? inherited) parts.push(`m=${mapType ?? inherited}`);
    const value = readDefault(home, field.markers, field.goName);
    if (value !== undefined) parts.push(`d=${value}`);
    if (parts.some((part) => /[|\s]/.test(part))) throw new Error(`${field.jsonName}: not printable`);
    return parts.join(' ');
  };

  /** The struct a type names, through aliases of other packages. */
  const structOf = (home: GoPackage, type: string): readonly [GoPackage, GoType] => {
    const [prefix, suffix] = type.includes('.') ? type.split('.') : ['', type];
    const owner = prefix ? load(home.imports.get(prefix) ?? '') : home;
    const target = owner.types.get(suffix ?? '');
    if (target?.alias !== undefined) return structOf(owner, target.alias);
    if (!target?.fields) throw new Error(`${home.path}: cannot inline ${type}`);
    return [owner, target];
  };

  const printFields = (
    home: GoPackage,
    type: GoType,
    wrappers: readonly string[] | undefined,
    short: string,
  ): readonly string[] => {
    const result: string[] = [];
    for (const field of type.fields ?? []) {
      if (!field.embedded || field.jsonName !== '') {
        result.push(printField(home, field, wrappers, short));
        continue;
      }
      const [owner, target] = structOf(home, field.type);
      // Go's protobuf generator leaves an embedded struct without a number out (TypeMeta: the envelope has it).
      const inner =
        field.number === undefined ? undefined : [...(wrappers ?? []), `${field.number}:${target.name}`];
      for (const line of printFields(owner, target, inner, short)) {
        // Fields of the outer struct win over inlined ones of the same name.
        const name = line.split(' ')[0];
        if (!type.fields?.some((other) => other.jsonName === name)) result.push(line);
      }
    }
    return result;
  };

  const drain = (): void => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [home, type] = next;
      const facts = byPath.get(home.path);
      if (!facts) throw new Error(`no facts for ${home.path}`);
      const lines = printFields(home, type, [], facts.short);
      const isKind = (type.fields ?? []).some((field) => field.embedded && field.type.endsWith('TypeMeta'));
      const isList = isKind && type.name.endsWith('List') && lines.some((line) => line.startsWith('items '));
      const options: string[] = isList ? ['list'] : isKind ? ['kind'] : [];
      if (first(type.markers, 'structType') === 'atomic') options.push('atomic');
      const own = types[facts.short] ?? {};
      own[type.name] = [options.join(' '), ...lines].join('|');
      types[facts.short] = own;
    }
  };

  for (const entry of packages) {
    const home = load(entry.path);
    for (const type of home.types.values()) {
      const isRoot =
        entry.short === 'meta.v1'
          ? metaRoots.includes(type.name)
          : type.fields?.some((field) => field.embedded && field.type.endsWith('TypeMeta'));
      if (isRoot && type.fields) want(home, type);
    }
  }
  drain();

  const sorted = Object.fromEntries(
    packages
      .filter((entry) => types[entry.short])
      .map((entry) => {
        const own = Object.entries(types[entry.short] ?? {});
        return [entry.short, Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)))];
      }),
  );
  return {
    packages: Object.fromEntries(
      packages.map(({ short, prefix, group, version }) => [short, { prefix, group, version }]),
    ),
    types: sorted,
    enums: Object.fromEntries(Object.entries(enums).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};

/**
 * OpenAPI documents derived from the catalogue: `/openapi/v3` (an index and a document for each group version)
 * and `/openapi/v2`. Custom types take part through their schema nodes, or through the schema their definition
 * was written with.
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind, ServedVersion } from '../kinds/define.ts';
import { definition, schemaOfKind } from '../kinds/schema-facts.ts';
import { fnv32, fnv32a } from '../machinery/deep.ts';
import type { Descriptions } from '../machinery/descriptions.ts';
import type { Schema } from '../machinery/schema.ts';
import type { OpenApiDocuments } from './dependencies.ts';
import { customName, printCustom } from './openapi-custom.ts';
import { makePathPrinter, type PathPrinter } from './openapi-paths.ts';
import { type Json, makeSchemaPrinter, type OpenApiVersion, type SchemaPrinter } from './openapi-schemas.ts';
import { encodeOpenApiV2 } from './openapi-v2-protobuf.ts';

export interface OpenApiOptions {
  /** Prose of built-in types, extracted at build time; without it documents have none. */
  readonly descriptions?: Descriptions;
  /**
   * The `openAPIV3Schema` a custom kind's version was defined with, for its descriptions and validations; absent
   * means the document shows what the schema node says.
   */
  readonly customSchema?: (kind: Kind, version: ServedVersion) => Readonly<Json> | undefined;
}

interface Entry {
  readonly kind: Kind;
  readonly version: ServedVersion;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const INFO = { title: 'Kubernetes', version: 'v1.36.0' };

const isCustom = (entry: Entry): boolean => entry.kind.custom === true;

/** One document under construction. */
interface Draft {
  readonly schemas: SchemaPrinter;
  readonly paths: PathPrinter;
  /** Definitions of custom types, which have no named node. */
  readonly custom: Json;
}

const startDraft = (version: OpenApiVersion, entries: readonly Entry[], options: OpenApiOptions): Draft => {
  const kinds = new Map<string, Json[]>();
  const note = (name: string | undefined, group: string, of: string, kind: string): void => {
    if (name === undefined) return;
    const list = kinds.get(name) ?? [];
    if (!list.some((known) => known['group'] === group && known['version'] === of))
      list.push({ group, version: of, kind });
    kinds.set(name, list);
  };
  for (const entry of entries.filter((each) => !isCustom(each))) {
    const { group, version: of } = entry.version;
    for (const kind of [entry.kind.kind, entry.kind.listKind])
      note(schemaOfKind(group, of, kind)?.name, group, of, kind);
    for (const sub of entry.kind.connects ?? [])
      note(schemaOfKind(sub.group, sub.version, sub.kind)?.name, sub.group, sub.version, sub.kind);
    if (entry.kind.scale) note('io.k8s.api.autoscaling.v1.Scale', 'autoscaling', 'v1', 'Scale');
  }
  for (const kind of ['Status', 'DeleteOptions']) note(`${META}.${kind}`, '', 'v1', kind);
  const schemas = makeSchemaPrinter(version, options.descriptions ?? {}, (name) => kinds.get(name) ?? []);
  const custom: Json = {};
  const customKinds = new Map(
    entries
      .filter(isCustom)
      .flatMap(({ kind, version: { group, version: of } }) => [
        [`${group}/${of}/${kind.kind}`, customName(group, of, kind.kind)] as const,
        [`${group}/${of}/${kind.listKind}`, customName(group, of, kind.listKind)] as const,
      ]),
  );
  const referenceTo = (name: string): Json => {
    const schema = definition(name);
    if (schema) return schemas.reference(schema);
    if (name === `${META}.Patch`) custom[name] = { type: 'object' };
    return schemas.referenceTo(name);
  };
  const bodyOf = (group: string, of: string, kind: string): Json | undefined => {
    const own = customKinds.get(`${group}/${of}/${kind}`);
    if (own !== undefined) return schemas.referenceTo(own);
    const schema = schemaOfKind(group, of, kind);
    return schema && schemas.reference(schema);
  };
  return { schemas, custom, paths: makePathPrinter(version, bodyOf, referenceTo) };
};

const reference = (draft: Draft, kind: string): Json | undefined => {
  const schema: Schema | undefined = definition(`${META}.${kind}`);
  return schema && draft.schemas.reference(schema);
};

const sortedJson = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

const finishV3 = (draft: Draft, paths: Json): string =>
  JSON.stringify({
    openapi: '3.0.0',
    info: INFO,
    paths: sortedJson(paths),
    components: { schemas: sortedJson({ ...draft.schemas.definitions(), ...draft.custom }) },
  });

const groupVersionDocument = (path: string, entries: readonly Entry[], options: OpenApiOptions): string => {
  const draft = startDraft(3, entries, options);
  const paths: Json = draft.paths.plain(
    `/${path}/`,
    'getAPIResources',
    path,
    reference(draft, 'APIResourceList'),
  );
  for (const entry of entries) {
    if (isCustom(entry)) Object.assign(draft.custom, printCustom(3, entry, draft.schemas, options));
    Object.assign(paths, draft.paths.resource(entry.kind, entry.version));
  }
  return finishV3(draft, paths);
};

/** Documents about no resource: path and the meta/v1 type it answers, if any. */
const PLAIN: Readonly<Record<string, readonly [path: string, answer?: string]>> = {
  '.well-known/openid-configuration': ['/.well-known/openid-configuration/'],
  api: ['/api/', 'APIVersions'],
  apis: ['/apis/', 'APIGroupList'],
  'openid/v1/jwks': ['/openid/v1/jwks/'],
  version: ['/version/'],
};

const plainDocument = (path: string, answer: string | undefined, options: OpenApiOptions): string => {
  const draft = startDraft(3, [], options);
  const schema = answer === undefined ? undefined : reference(draft, answer);
  return finishV3(draft, draft.paths.plain(path, `get${path.replace(/\W/g, '')}`, 'discovery', schema));
};

const v2Document = (entries: readonly Entry[], options: OpenApiOptions): Json => {
  const draft = startDraft(2, entries, options);
  const paths: Json = {};
  for (const entry of entries) {
    if (isCustom(entry)) Object.assign(draft.custom, printCustom(2, entry, draft.schemas, options));
    Object.assign(paths, draft.paths.resource(entry.kind, entry.version));
  }
  return {
    swagger: '2.0',
    info: INFO,
    paths: sortedJson(paths),
    definitions: sortedJson({ ...draft.schemas.definitions(), ...draft.custom }),
  };
};

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0').toUpperCase();

/** Changes with the text; long enough that two states of a cluster do not share one. */
const hashOf = (text: string): string => `${hex(fnv32a(text))}${hex(fnv32(text))}${hex(text.length)}`;

interface Text {
  readonly text: string;
  readonly hash: string;
}

interface Shared {
  readonly kinds: readonly Kind[];
  readonly descriptions: Descriptions | undefined;
  readonly made: Text;
}

/**
 * Documents of built-in group versions, by the first of their versions: clusters in one isolate have the same ones.
 * A memo of a pure function; it holds one text for each built-in group version.
 */
const shared = new WeakMap<ServedVersion, Shared>();

const buildShared = (path: string, entries: readonly Entry[], options: OpenApiOptions): Text => {
  const build = (): Text => {
    const text = groupVersionDocument(path, entries, options);
    return { text, hash: hashOf(text) };
  };
  const first = entries[0];
  if (first === undefined || entries.some(isCustom)) return build();
  const known = shared.get(first.version);
  const isSame =
    known !== undefined &&
    known.descriptions === options.descriptions &&
    known.kinds.length === entries.length &&
    entries.every((entry, at) => entry.kind === known.kinds[at]);
  if (isSame) return known.made;
  const made = build();
  shared.set(first.version, {
    kinds: entries.map((entry) => entry.kind),
    descriptions: options.descriptions,
    made,
  });
  return made;
};

/** Documents of one state of the catalogue, made when they are first asked for. */
const makeState = (catalog: Catalog, options: OpenApiOptions): OpenApiDocuments => {
  const entries = catalog
    .all()
    .flatMap((kind) => kind.served.map((version) => ({ kind, version })))
    .sort((a, b) => (a.kind.resource < b.kind.resource ? -1 : 1));
  const plain = (path: string, answer: string | undefined): Text => {
    const text = plainDocument(path, answer, options);
    return { text, hash: hashOf(text) };
  };
  const builders = new Map<string, () => Text>();
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { group, version } = entry.version;
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const list = groups.get(path) ?? [];
    list.push(entry);
    groups.set(path, list);
    if (group !== '') builders.set(`apis/${group}`, () => plain(`/apis/${group}/`, 'APIGroup'));
  }
  for (const [path, list] of groups) builders.set(path, () => buildShared(path, list, options));
  for (const [name, [path, answer]] of Object.entries(PLAIN)) builders.set(name, () => plain(path, answer));
  const texts = new Map<string, Text>();
  const find = (path: string): Text | undefined => {
    const build = builders.get(path);
    const known = texts.get(path);
    if (build === undefined || known !== undefined) return build && known;
    const made = build();
    texts.set(path, made);
    return made;
  };
  let v2Bytes: Uint8Array | undefined;
  const once = (name: string, make: () => string): Text => {
    const text = texts.get(name);
    if (text !== undefined) return text;
    const made = make();
    const whole = { text: made, hash: hashOf(made) };
    texts.set(name, whole);
    return whole;
  };
  const index = (): Text =>
    once('', () => {
      const paths: Json = {};
      for (const path of [...builders.keys()].sort())
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${find(path)?.hash ?? ''}` };
      return JSON.stringify({ paths });
    });
  const v2 = (): Text => once('v2', () => JSON.stringify(v2Document(entries, options)));
  return {
    index: () => index().text,
    document: (path) => find(path)?.text,
    hash: (path) => (path === '' ? index() : path === 'v2' ? v2() : find(path))?.hash ?? '',
    v2: () => v2().text,
    v2Protobuf: () => {
      v2Bytes ??= encodeOpenApiV2(v2Document(entries, options));
      return v2Bytes;
    },
  };
};

/**
 * Documents of a catalogue that may change: they are made anew when its list of kinds is another one. Nothing is
 * made before it is asked for.
 */
export const makeOpenApi = (catalog: Catalog, options: OpenApiOptions = {}): OpenApiDocuments => {
  let kinds: readonly Kind[] | undefined;
  let current: OpenApiDocuments | undefined;
  const state = (): OpenApiDocuments => {
    const now = catalog.all();
    if (current === undefined || now !== kinds) {
      kinds = now;
      current = makeState(catalog, options);
    }
    return current;
  };
  return {
    index: () => state().index(),
    document: (path) => state().document(path),
    hash: (path) => state().hash(path),
    v2: () => state().v2(),
    v2Protobuf: () => state().v2Protobuf?.(),
  };
};

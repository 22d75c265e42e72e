/**
 * Content negotiation in upstream's two stages: go-restful compares bare media types with what the route
 * produces (406 with the list of representations), then the API machinery reads parameters such as `as=Table`
 * (406 naming the media types it accepts).
 */

import { makeStatus, notAcceptable, StatusError } from '../machinery/status.ts';

export type Encoding = 'json' | 'yaml' | 'protobuf';

/** What the answer looks like. */
export interface Form {
  readonly encoding: Encoding;
  /** `object` is the object itself. */
  readonly shape: 'object' | 'table' | 'metadata' | 'metadata-list';
  /** Version of meta.k8s.io for the last three shapes. */
  readonly version: 'v1' | 'v1beta1';
  readonly pretty: boolean;
}

/** Media type of each encoding. */
export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

/** The plain JSON form, for errors and for clients that do not care. */
export const JSON_FORM: Form = { encoding: 'json', shape: 'object', version: 'v1', pretty: false };

/** One media type of an Accept header. */
export interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly (readonly [string, string])[];
  readonly quality: number;
}

const parseClause = (text: string): Clause | undefined => {
  const [media = '', ...rest] = text.split(';');
  const slash = media.indexOf('/');
  const trimmed = media.trim();
  if (trimmed === '') return undefined;
  const type = slash < 0 ? trimmed : media.slice(0, slash).trim();
  const subtype = slash < 0 ? (trimmed === '*' ? '*' : '') : media.slice(slash + 1).trim();
  let quality = 1;
  const parameters: [string, string][] = [];
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (name === 'q') quality = Number.parseFloat(value) || 0;
    else parameters.push([name, value]);
  }
  return { type, subtype, parameters, quality };
};

const specificity = (clause: Clause): number => (clause.type === '*' ? 0 : clause.subtype === '*' ? 1 : 2);

/** The clauses of an Accept header, best first. */
export const parseAccept = (header: string): readonly Clause[] =>
  header
    .split(',')
    .map(parseClause)
    .filter((clause): clause is Clause => clause !== undefined)
    .sort((a, b) => b.quality - a.quality || specificity(b) - specificity(a));

const ENCODINGS: readonly (readonly [string, Encoding])[] = [
  ['json', 'json'],
  ['yaml', 'yaml'],
  ['vnd.kubernetes.protobuf', 'protobuf'],
];

const META_VERSIONS = new Set(['v1', 'v1beta1']);

interface Endpoint {
  /** Whether Table and PartialObjectMetadata can be served. */
  readonly transforms: boolean;
  /** False for what has no columns: reviews and other answers that are never listed. */
  readonly tables: boolean;
  readonly protobuf: boolean;
  readonly watch: boolean;
}

const shapeOf = (
  as: string,
  group: string,
  version: string,
  encoding: Encoding,
  endpoint: Endpoint,
): Form['shape'] | undefined => {
  if (as === '') return 'object';
  if (!endpoint.transforms || group !== 'meta.k8s.io' || !META_VERSIONS.has(version)) return undefined;
  if (as === 'Table') return encoding === 'protobuf' || !endpoint.tables ? undefined : 'table';
  if (as === 'PartialObjectMetadata') return 'metadata';
  if (as === 'PartialObjectMetadataList') return 'metadata-list';
  return undefined;
};

const matchClause = (clause: Clause, encoding: Encoding, endpoint: Endpoint): Form | undefined => {
  let as = '';
  let group = '';
  let version = '';
  let pretty = false;
  for (const [name, value] of clause.parameters) {
    if (name === 'as') as = value;
    else if (name === 'g') group = value;
    else if (name === 'v') version = value;
    else if (name === 'pretty') pretty = value === '1';
    else if (name === 'stream' && value !== '' && (value !== 'watch' || encoding === 'yaml'))
      return undefined;
  }
  const shape = shapeOf(as, group, version, encoding, endpoint);
  if (shape === undefined) return undefined;
  return { encoding, shape, version: version === 'v1beta1' ? 'v1beta1' : 'v1', pretty };
};

const accepted = (endpoint: Endpoint): readonly (readonly [string, Encoding])[] =>
  ENCODINGS.filter(
    ([, encoding]) =>
      (encoding !== 'protobuf' || endpoint.protobuf) && (encoding !== 'yaml' || !endpoint.watch),
  );

const refuse = (endpoint: Endpoint): StatusError => {
  const types = accepted(endpoint).map(
    ([, encoding]) => MEDIA_TYPES[encoding] + (endpoint.watch ? ';stream=watch' : ''),
  );
  return new StatusError(
    makeStatus(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`),
  );
};

/** go-restful's stage: some clause must be `*\/*` or name a produced type, parameters ignored. */
const checkProduced = (header: string, listing: boolean, protobuf: boolean): void => {
  const produced = ['application/json', 'application/yaml', ...(protobuf ? [MEDIA_TYPES.protobuf] : [])];
  for (const clause of header.split(',')) {
    const semicolon = clause.indexOf(';');
    const media = (semicolon < 0 ? clause : clause.slice(0, semicolon)).trim();
    if (media === '*/*' || produced.includes(media)) return;
  }
  throw notAcceptable([
    ...produced,
    ...(listing
      ? ['application/json;stream=watch', ...(protobuf ? [`${MEDIA_TYPES.protobuf};stream=watch`] : [])]
      : []),
  ]);
};

const FORMS = new Map<string, Form>();
const MAX_FORMS = 200;

/**
 * The form a client is answered in. `listing` is true for routes that also serve watches; discovery serves no
 * transforms, custom resources no protobuf. Throws 406 in upstream's two wordings.
 */
export const negotiate = (
  header: string | undefined,
  options: {
    readonly listing?: boolean;
    readonly transforms?: boolean;
    readonly tables?: boolean;
    readonly protobuf?: boolean;
    readonly watch?: boolean;
  },
): Form => {
  if (header === undefined || header === '' || header === 'application/json') return JSON_FORM;
  const endpoint: Endpoint = {
    transforms: options.transforms ?? true,
    tables: options.tables ?? true,
    protobuf: options.protobuf ?? true,
    watch: options.watch ?? false,
  };
  const cacheKey = `${endpoint.transforms}${endpoint.tables}${endpoint.protobuf}${endpoint.watch}${header}`;
  const known = FORMS.get(cacheKey);
  if (known) return known;
  checkProduced(header, options.listing ?? false, endpoint.protobuf);
  for (const clause of parseAccept(header)) {
    for (const [subtype, encoding] of accepted(endpoint)) {
      const anyType = clause.type === '*' && clause.subtype === '*';
      const typeFits =
        clause.type === 'application' && (clause.subtype === subtype || clause.subtype === '*');
      if (!anyType && !typeFits) continue;
      const form = matchClause(clause, encoding, endpoint);
      if (form === undefined) continue;
      if (FORMS.size >= MAX_FORMS) FORMS.clear();
      FORMS.set(cacheKey, form);
      return form;
    }
  }
  throw refuse(endpoint);
};

const TRUE_TEXTS = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/**
 * Whether JSON is to be indented: as `pretty` asks, else for people, who are told by their user agent. An unreadable
 * `pretty` is false.
 */
export const wantsPretty = (pretty: string | undefined, userAgent: string | undefined): boolean => {
  if (pretty !== undefined && pretty !== '') return TRUE_TEXTS.has(pretty);
  return userAgent !== undefined && /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent);
};

/** The encoding for an error: what the client asked for if it can be had, else JSON. */
export const errorEncoding = (header: string | undefined): Encoding => {
  try {
    return negotiate(header, { transforms: true }).encoding;
  } catch (error) {
    if (error instanceof StatusError) return 'json';
    throw error;
  }
};

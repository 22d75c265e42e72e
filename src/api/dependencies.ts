/** What the composition root hands to the api layer. */

import type { Auditor } from '../audit/auditor.ts';
import type { Attributes, Decision } from '../auth/attributes.ts';
import type { Identity } from '../auth/identity.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Instant } from '../machinery/time.ts';
import type { Registry, Target } from '../registry/contract.ts';
import type { ObjectCodec, Reader } from '../store/reader.ts';
import type { CoreRequest, CoreResponse } from './contract.ts';
import type { Query } from './query.ts';
import type { RequestCounts } from './request-counts.ts';

/** Documents of `/openapi/v2` and `/openapi/v3`, cached by whoever makes them. */
export interface OpenApiDocuments {
  /** `/openapi/v3`: the index. */
  index(): string;
  /** `/openapi/v3/{path}`, e.g. `apis/apps/v1`; absent when there is no such document. */
  document(path: string): string | undefined;
  /** What changes with the document of that path; '' is the index, 'v2' is `/openapi/v2` as JSON. */
  hash(path: string): string;
  /** `/openapi/v2` as JSON. */
  v2(): string;
  /** `/openapi/v2` as protobuf, if it can be had. */
  v2Protobuf?(): Uint8Array | undefined;
}

/** `/.well-known/openid-configuration` and `/openid/v1/jwks`, as JSON text. */
export interface WellKnown {
  configuration(): string;
  jwks(): string;
}

export interface VersionInfo {
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly buildDate: string;
}

/** Programs behind connect subresources (log, exec, attach, portforward, proxy): an answer, or `undefined`. */
export type Connector = (target: Target, query: Query, request: CoreRequest) => CoreResponse | undefined;

export interface ApiDeps {
  readonly registry: Registry;
  readonly store: Reader;
  readonly codec: ObjectCodec;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly now: () => Instant;
  readonly random: (purpose: string, bound: number) => number;
  readonly authorize: (identity: Identity, attributes: Attributes) => Decision;
  /** Who is asking, from the request's verified claims; throws 401. Absent: the identity the edge put there. */
  readonly identify?: (request: CoreRequest) => Identity;
  /** Resolves Impersonate-* headers; throws a StatusError when that is refused. */
  readonly impersonate?: (
    identity: Identity,
    headers: Readonly<Record<string, string>>,
    attributes: Attributes,
  ) => Identity;
  readonly openapi?: OpenApiDocuments;
  readonly wellKnown?: WellKnown;
  readonly version?: VersionInfo;
  /** Address clients reach the server at, for `/api`. */
  readonly serverAddress?: string;
  /** By `group/resource/subresource`, e.g. `/pods/log`. */
  readonly connectors?: Readonly<Record<string, Connector>>;
  /** Requests of this activation, for `/metrics`; the api makes its own. */
  readonly counts?: RequestCounts;
  /** Records requests; absent: nothing is recorded. */
  readonly audit?: Auditor;
  /** Told about anything thrown that is not a StatusError: a bug, answered with a bare 500. */
  readonly onBug?: (error: unknown, request: CoreRequest) => void;
}

/** Requests and responses of the core: HTTP without a platform. */

import type { Identity } from '../auth/identity.ts';
import type { OutsideCall, Resume } from '../machinery/outside.ts';
import type { Revision } from '../store/reader.ts';

/** A token whose signature the edge verified; nothing else about it was looked at. */
export interface VerifiedToken {
  readonly text: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The cluster's key that signed it (`kid`); absent: the platform's. */
  readonly keyId?: string;
}

export interface CoreRequest {
  readonly method: string;
  /** Path without the cluster prefix, still percent-encoded, e.g. `/api/v1/pods`. */
  readonly path: string;
  /** Query without `?`, still encoded. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The edge's own next question of a request that was counted and recorded already (a log that is followed). */
  readonly continues?: true;
  /** Verified by the edge. Anonymous when `token` says who asks. */
  readonly identity: Identity;
  /** The token it came with. What it stands for is judged here: a dead or revoked one is answered with 401. */
  readonly token?: VerifiedToken;
  /** For token reviews: tokens found in the body whose signature the edge verified. */
  readonly verified?: readonly VerifiedToken[];
}

export interface CoreResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/**
 * A request that cannot be answered before these calls are made. Nothing of it was written: it is served again, from
 * the start, with `resume` and the replies in it.
 */
export interface CoreAwait {
  readonly kind: 'await';
  readonly calls: readonly OutsideCall[];
  readonly resume: Resume;
}

/**
 * A watch that was accepted: everything needed to go on after eviction, as plain JSON (it is stored in a
 * socket's attachment, at most 16 KiB). `cursor` is the last revision that was delivered.
 */
export interface Subscription {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Media type frames are encoded in and the object form asked for. */
  readonly form: 'object' | 'table' | 'metadata';
  readonly formVersion?: 'v1' | 'v1beta1';
  readonly includeObject?: 'None' | 'Metadata' | 'Object';
  readonly encoding: 'json' | 'yaml' | 'protobuf';
  readonly bookmarks: boolean;
  /** Tables: the columns were sent; later frames leave them out, as upstream does. */
  readonly columnsSent?: boolean;
  readonly cursor: Revision;
}

/** The start of a watch: status 200, headers, first frames (initial events), and the subscription to drain. */
export interface CoreWatch {
  readonly kind: 'watch';
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly (string | Uint8Array)[];
  readonly subscription: Subscription;
  /** Number of the audit record of its start, if there is one: to be told when the watch ends. */
  readonly record?: number;
  /** The stream ends by itself after this many seconds of wall time. */
  readonly timeoutSeconds: number;
}

/** Frames a subscription is owed since its cursor. `ended` closes the stream after them (410 or gone kind). */
export interface Drained {
  readonly frames: readonly (string | Uint8Array)[];
  readonly subscription: Subscription;
  readonly ended: boolean;
}

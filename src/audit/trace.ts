import type { Decision } from '../auth/attributes.ts';
import type { Identity } from '../auth/identity.ts';
import type { Status } from '../machinery/status.ts';
import type { Subject, Verdict } from './policy.ts';

/** What the audit log needs of a request: a part of the core's request. */
export interface AuditedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a request turned out to be about; the path is decoded. */
export interface AuditedInfo extends Subject {
  readonly version: string;
}

interface Named {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** What is learned about one request while it is served. */
export class AuditTrace {
  readonly request: AuditedRequest;
  /** Told to the client in `Audit-Id`. */
  readonly id: string;
  /** The number the id was made of; absent when the client gave the id. */
  readonly seq: number | undefined;
  info: AuditedInfo | undefined;
  caller: Identity | undefined;
  verdict: Verdict | undefined;
  impersonated: Identity | undefined;
  decision: Decision | undefined;
  failure: Status | undefined;
  named: Named = {};
  annotations: Record<string, string> | undefined;

  constructor(request: AuditedRequest, id: string, seq: number | undefined) {
    this.request = request;
    this.id = id;
    this.seq = seq;
  }

  /** The object a client sent: what its metadata says goes where the URL is silent (audit/request.go). */
  requested(draft: Readonly<Record<string, unknown>>): void {
    const { metadata } = draft;
    if (typeof metadata !== 'object' || metadata === null) return;
    // Copied: the server goes on to change the draft.
    const { name, namespace, uid, resourceVersion } = metadata as Named;
    this.named = { name, namespace, uid, resourceVersion };
  }

  /** The object that was written: it knows the name that was generated. */
  written(metadata: Named): void {
    if (!this.named.name) this.named = { ...this.named, name: metadata.name };
  }

  /** Adds an annotation; the first value of a key stays, as upstream. */
  annotate(key: string, value: string): void {
    this.annotations ??= {};
    this.annotations[key] ??= value;
  }
}

import { type AdmissionPlugin, makeAdmission } from '../../src/admission/chain.ts';
import type { AdmissionRequest } from '../../src/admission/request.ts';
import { type Identity, makeSystemIdentity } from '../../src/auth/identity.ts';
import { makeAuthorizer } from '../../src/auth/rbac.ts';
import { builtinKinds } from '../../src/kinds/catalog.ts';
import type { Draft, KubeObject } from '../../src/machinery/object.ts';
import { StatusError } from '../../src/machinery/status.ts';
import { makeMemoryLookup, resourceOf } from './memory-lookup.ts';

/** A write to admit, with everything a test does not care about left out. */
export interface Attempt {
  readonly object?: KubeObject;
  readonly old?: KubeObject;
  /** Of the object when absent, e.g. `pods` for a Binding. */
  readonly resource?: string;
  readonly subresource?: string;
  readonly operation?: AdmissionRequest['operation'];
  readonly name?: string;
  readonly namespace?: string;
  readonly identity?: Identity;
  readonly dryRun?: boolean;
}

/** What a plugin did. */
export interface Outcome {
  readonly object: KubeObject | undefined;
  readonly warnings: readonly string[];
  /** The refusal's message; absent when the write was admitted. */
  readonly refused?: string;
  readonly status?: number;
  readonly audit: Readonly<Record<string, string>>;
  /** Quota statuses written, by name. */
  readonly quotas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const kindOf = (resource: string) => {
  const kind = builtinKinds.find(
    (one) => (one.group === '' ? one.resource : `${one.resource}.${one.group}`) === resource,
  );
  if (kind === undefined) throw new Error(`no kind for ${resource}`);
  return kind;
};

/** Runs both phases of some plugins over an attempt, against objects in memory. */
export const admit = (
  plugins: readonly AdmissionPlugin[],
  attempt: Attempt,
  objects: readonly KubeObject[] = [],
): Outcome => {
  const lookup = makeMemoryLookup(objects);
  const audit: Record<string, string> = {};
  const quotas: Record<string, Readonly<Record<string, unknown>>> = {};
  const run = makeAdmission({
    plugins,
    context: () => ({
      now: Date.UTC(2026, 0, 1),
      lookup,
      random: (_purpose, bound) => 7 % bound,
      authorizer: makeAuthorizer({ lookup, rbacRevision: () => 1 }),
      updateQuotaStatus: (_namespace, name, status) => {
        quotas[name] = status;
      },
      audit: (key, value) => {
        audit[key] = value;
      },
    }),
  });
  const subject = attempt.object ?? attempt.old;
  const object =
    attempt.object === undefined ? undefined : (structuredClone(attempt.object) as unknown as Draft);
  const request: AdmissionRequest = {
    operation: attempt.operation ?? (attempt.old === undefined ? 'CREATE' : 'UPDATE'),
    kind: kindOf(attempt.resource ?? (subject ? resourceOf(subject) : 'pods')),
    namespace: attempt.namespace ?? subject?.metadata.namespace ?? '',
    name: attempt.name ?? subject?.metadata.name ?? '',
    identity: attempt.identity ?? makeSystemIdentity('admin'),
    dryRun: attempt.dryRun ?? false,
    ...(attempt.subresource === undefined ? {} : { subresource: attempt.subresource }),
    ...(object === undefined ? {} : { object }),
    ...(attempt.old === undefined ? {} : { old: attempt.old }),
  };
  const done = { object: object as unknown as KubeObject | undefined, audit, quotas };
  try {
    return { ...done, warnings: [...run(request, 'mutate'), ...run(request, 'validate')] };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { ...done, warnings: [], refused: error.status.message ?? '', status: error.status.code };
  }
};

/** A pod with one container, in namespace `ns`. */
export const makePod = (
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', ...metadata },
    spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
  }) as unknown as KubeObject;

/** Any object. */
export const makeObject = (
  apiVersion: string,
  kind: string,
  metadata: Readonly<Record<string, unknown>>,
  body: Readonly<Record<string, unknown>> = {},
): KubeObject => ({ apiVersion, kind, metadata, ...body }) as unknown as KubeObject;

/** A namespace. */
export const makeNamespace = (
  name: string,
  labels: Readonly<Record<string, string>> = {},
  phase = 'Active',
): KubeObject => makeObject('v1', 'Namespace', { name, labels }, { status: { phase } });

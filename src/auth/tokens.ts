/**
 * Service-account tokens as claims: what a new one says (pkg/serviceaccount/claims.go and
 * pkg/registry/core/serviceaccount/storage/token.go, 1.36). Whether it still holds is in `token-check.ts`.
 */

import type { Lookup } from '../kinds/define.ts';
import type { Pod, ServiceAccount } from '../kinds/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { badRequest, conflict, invalid, notFound } from '../machinery/status.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { serviceAccountUsername } from './service-account-names.ts';

/** An object as claims name it. */
export interface ObjectClaim {
  readonly name: string;
  readonly uid: string;
}

/** The private part of a token: what it is bound to. */
export interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
  /** Seconds since the epoch after which the token's owner is told to get a new one. */
  readonly warnafter?: number;
}

/** Claims of a token this cluster made. Times are in seconds since the epoch. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly 'kubernetes.io': KubernetesClaims;
}

export interface BoundObjectReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

export interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: BoundObjectReference | null;
}

export interface IssueDeps {
  readonly lookup: Lookup;
  readonly now: Instant;
  /** Default audience and `iss`. */
  readonly issuer: string;
  /** A fresh uid for `jti`. */
  readonly makeUid: () => string;
}

export const DEFAULT_EXPIRATION_SECONDS = 3600;
/** Tokens asked for exactly this long are kubelet's: they live a year and warn after the time asked for. */
const KUBELET_SECONDS = 3607;
const YEAR_SECONDS = 365 * 24 * 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const TOKEN_REQUEST = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

const identify = (object: KubeObject): ObjectClaim => ({
  name: object.metadata.name ?? '',
  uid: object.metadata.uid ?? '',
});

/** Field errors of a request (pkg/apis/authentication/validation). Throws 422. */
const validate = (spec: TokenRequestSpec): void => {
  const seconds = spec.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
  const path = 'spec.expirationSeconds';
  const problem =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem === undefined) return;
  throw invalid(TOKEN_REQUEST, '', [
    { type: 'FieldValueInvalid', field: path, text: `Invalid value: ${seconds}: ${problem}` },
  ]);
};

type Bound = Pick<KubernetesClaims, 'pod' | 'secret' | 'node'>;

const bindPod = (deps: IssueDeps, account: ServiceAccount, pod: Pod): Bound => {
  const node = pod.spec?.nodeName ? deps.lookup.get('nodes', '', pod.spec.nodeName) : undefined;
  if (pod.spec?.serviceAccountName !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
    );
  }
  return { pod: identify(pod), ...(node === undefined ? {} : { node: identify(node) }) };
};

const RESOURCES = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' } as const;

/** Finds the object a token is bound to. Throws 400, 404, 409 (another uid). */
const bind = (
  deps: IssueDeps,
  account: ServiceAccount,
  ref: BoundObjectReference | null | undefined,
): Bound => {
  if (ref === undefined || ref === null) return {};
  const resource = RESOURCES[ref.kind as keyof typeof RESOURCES];
  const name = ref.name ?? '';
  if (resource === undefined || ref.apiVersion !== 'v1') {
    const version = (ref.apiVersion ?? '').includes('/')
      ? (ref.apiVersion ?? '')
      : `/${ref.apiVersion ?? ''}`;
    throw badRequest(`cannot bind token to object of type ${version}, Kind=${ref.kind ?? ''}`);
  }
  const namespace = resource === 'nodes' ? '' : (account.metadata.namespace ?? '');
  const object = deps.lookup.get(resource, namespace, name);
  if (object === undefined) throw notFound({ group: '', resource }, name);
  if (ref.uid && ref.uid !== object.metadata.uid) {
    throw conflict(
      { group: '', resource: ref.kind ?? '' },
      name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (resource === 'pods') return bindPod(deps, account, object as Pod);
  return resource === 'secrets' ? { secret: identify(object) } : { node: identify(object) };
};

/** What to sign, and what the answer's `spec` and `status` say besides the token itself. */
export interface IssuedToken {
  readonly claims: TokenClaims;
  readonly spec: TokenRequestSpec & {
    readonly audiences: readonly string[];
    readonly expirationSeconds: number;
  };
  readonly expirationTimestamp: string;
}

/**
 * Makes the claims of a new token for an account. Throws 404 for a missing account or bound object, 409 for a bound
 * object with another uid, 422 for a bad expiry or reference.
 */
export const issueToken = (
  deps: IssueDeps,
  namespace: string,
  name: string,
  spec: TokenRequestSpec,
): IssuedToken => {
  const account = deps.lookup.get('serviceaccounts', namespace, name);
  if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
  validate(spec);
  const bound = bind(deps, account, spec.boundObjectRef);
  const audiences = spec.audiences?.length ? spec.audiences : [deps.issuer];
  const asked = spec.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
  const extended = asked === KUBELET_SECONDS && bound.pod !== undefined && audiences.includes(deps.issuer);
  const iat = Math.floor(deps.now / 1000);
  const lifetime = extended ? YEAR_SECONDS : asked;
  return {
    spec: { ...spec, audiences, expirationSeconds: asked },
    expirationTimestamp: printTime((iat + asked) * 1000),
    claims: {
      aud: audiences,
      exp: iat + lifetime,
      iat,
      iss: deps.issuer,
      jti: deps.makeUid(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: identify(account),
        ...(extended ? { warnafter: iat + asked } : {}),
      },
      nbf: iat,
      sub: serviceAccountUsername(namespace, name),
    },
  };
};

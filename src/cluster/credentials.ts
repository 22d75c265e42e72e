/** Who may be believed: the cluster's keys, its users' tokens, and what is signed with them. */

import type { CoreRequest } from '../api/contract.ts';
import type { WellKnown } from '../api/dependencies.ts';
import { checkProof } from '../auth/certificate-proof.ts';
import type { Identity } from '../auth/identity.ts';
import { LAST_USED_LABEL, legacyClaims } from '../auth/legacy-tokens.ts';
import type { TokenVerdict } from '../auth/reviews.ts';
import { DEFAULT_EXPIRATION_SECONDS, issueToken } from '../auth/tokens.ts';
import type { Client, Issuer, PodTokenOrder } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Pod, Secret } from '../kinds/generated/types.ts';
import { renewedAt } from '../kubelet/token-renewal.ts';
import { deriveInteger } from '../machinery/random.ts';
import { StatusError } from '../machinery/status.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';
import type { VirtualHandler } from '../registry/dependencies.ts';
import { makeUid } from '../registry/system-fields.ts';
import { UserTokens } from '../store/user-tokens.ts';
import type { CertificateVerdict, ClusterCredentials, ClusterSettings } from './contract.ts';
import { type IdentifyDeps, identityOf, judgeToken } from './identify.ts';
import type { ClusterKeys } from './keys.ts';
import { VerdictCache } from './verdict-cache.ts';

export interface CredentialsOptions {
  readonly settings: ClusterSettings;
  readonly keys: ClusterKeys;
  readonly sql: SqlPort;
  readonly lookup: Lookup;
  readonly random: (purpose: string, bound: number) => number;
  /** The newest revision. */
  readonly revision: () => number;
  readonly now: () => Instant;
  readonly wallNow: () => Instant;
  /** The API server's own client. */
  readonly client: () => Client;
}

/** How long a token for a certificate lasts. */
const CERTIFICATE_TOKEN_SECONDS = 600;
const DAY_MS = 24 * 3_600_000;

const dateOf = (at: Instant): string => printTime(at).slice(0, 10);

/** Notes on a Secret that its token was used today; tomorrow's date counts too: clocks differ. */
const noteUse = ({ client, now }: CredentialsOptions, secret: Secret): void => {
  const last = secret.metadata.labels?.[LAST_USED_LABEL];
  const today = dateOf(now());
  if (last === today || last === dateOf(now() + DAY_MS)) return;
  const { namespace = '', name = '' } = secret.metadata;
  client().update('secrets', namespace, name, (current) => ({
    ...current,
    metadata: { ...current.metadata, labels: { ...current.metadata.labels, [LAST_USED_LABEL]: today } },
  }));
};

const issuePodToken = (
  options: CredentialsOptions,
  pod: Pod,
  { audience, expirationSeconds = DEFAULT_EXPIRATION_SECONDS }: PodTokenOrder,
  at: Instant,
): string | undefined => {
  const { settings, keys, lookup } = options;
  const { namespace = '', name = '', uid = '', creationTimestamp = '' } = pod.metadata;
  const startedAt = parseTime(pod.status?.startTime ?? creationTimestamp) ?? at;
  const renewed = renewedAt(startedAt, expirationSeconds, at);
  const random = (purpose: string, bound: number) =>
    deriveInteger(settings.seed, bound, purpose, uid, audience ?? '', renewed);
  const deps = { lookup, now: renewed, issuer: settings.issuer, makeUid: () => makeUid(random, 'token') };
  try {
    const { claims } = issueToken(deps, namespace, pod.spec?.serviceAccountName ?? '', {
      expirationSeconds,
      ...(audience === undefined ? {} : { audiences: [audience] }),
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
    });
    return keys.signToken({ ...claims });
  } catch (error) {
    // The account or the pod is gone: a kubelet asking for it is refused.
    if (error instanceof StatusError) return undefined;
    throw error;
  }
};

const makeIssuer = (options: CredentialsOptions): Issuer => ({
  serverCertificate: options.settings.caCertificate,
  get endsAt() {
    return options.keys.authority.notAfter;
  },
  certificate: (template) => options.keys.authority.issue(template),
  secretToken: (account, secret) => options.keys.signToken(legacyClaims(account, secret)),
  podToken: (pod, order, at) => issuePodToken(options, pod, order, at),
});

const exchange = (
  { settings, keys, now, wallNow }: CredentialsOptions,
  tokens: UserTokens,
  proof: string,
): CertificateVerdict => {
  const deps = {
    clusterId: settings.clusterId,
    authority: keys.authority.certificate,
    now: now(),
    wallNow: wallNow(),
  };
  const proven = checkProof(deps, proof);
  if (!proven.ok) return { error: proven.error };
  const { username, groups, extra, id, proofEndsAt, certificateEndsAt } = proven.value;
  if (!tokens.use(id, deps.wallNow, proofEndsAt)) return { error: 'the proof was used before' };
  const left = Math.ceil((certificateEndsAt - deps.now) / 1000);
  return { username, groups, extra, ttlSeconds: Math.max(1, Math.min(CERTIFICATE_TOKEN_SECONDS, left)) };
};

const makeWellKnown = ({ settings: { issuer }, keys, now }: CredentialsOptions): WellKnown => ({
  configuration: () =>
    JSON.stringify({
      issuer,
      jwks_uri: `${issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
  jwks: () => JSON.stringify({ keys: keys.publicKeys(now()) }),
});

/** Takes the tokens out of token Secrets: their controller fills them anew, under the new key. */
const emptySecrets = ({ lookup, client }: CredentialsOptions): void => {
  for (const secret of lookup.list('secrets')) {
    if (secret.type !== 'kubernetes.io/service-account-token' || secret.data?.['token'] === undefined)
      continue;
    const { namespace = '', name = '' } = secret.metadata;
    client().update('secrets', namespace, name, (current) => {
      const { token: _token, ...data } = current.data ?? {};
      return { ...current, data };
    });
  }
};

const makeOutside = (options: CredentialsOptions, tokens: UserTokens): ClusterCredentials => ({
  publicKeys: () => options.keys.publicKeys(options.now()),
  rotateKeys: ({ forget }) => {
    options.keys.rotate(options.now(), { forget });
    if (forget) emptySecrets(options);
    return options.keys.publicKeys(options.now());
  },
  addUserToken: (record) => tokens.add(record),
  userTokens: (query) => tokens.list(options.wallNow(), query),
  revokeUserToken: (id) => tokens.revoke(id),
  exchangeCertificate: (proof) => exchange(options, tokens, proof),
  podToken: (namespace, name) => {
    const pod = options.lookup.get('pods', namespace, name);
    return pod && issuePodToken(options, pod, {}, options.now());
  },
});

/** Everything about credentials, for the composition root to hand on. */
export const makeCredentials = (options: CredentialsOptions) => {
  const { settings, keys, lookup, random, now, wallNow } = options;
  const tokens = new UserTokens(options.sql);
  const deps = (): IdentifyDeps => ({
    lookup,
    now: now(),
    wallNow: wallNow(),
    issuer: settings.issuer,
    clusterId: settings.clusterId,
    knowsKey: (keyId) => keys.knows(keyId, now()),
    isListed: (id) => tokens.isListed(id),
    usedSecret: (secret) => noteUse(options, secret),
  });
  const requestToken: VirtualHandler = (draft, { namespace, name = '' }) => {
    const wanted = draft['spec'] ?? {};
    // A request for a token writes nothing: its instant and what it asks for tell it from the one before.
    const purpose = `token/${now()}/${namespace}/${name}/${JSON.stringify(wanted)}`;
    const issueDeps = {
      lookup,
      now: now(),
      issuer: settings.issuer,
      makeUid: () => makeUid(random, purpose),
    };
    const { claims, spec, expirationTimestamp } = issueToken(issueDeps, namespace, name, wanted);
    const { uid } = claims['kubernetes.io'].serviceaccount;
    return {
      ...draft,
      metadata: { name, namespace, uid, creationTimestamp: printTime(now()) },
      spec,
      status: { token: keys.signToken({ ...claims }), expirationTimestamp },
    };
  };
  const verdicts = new VerdictCache();
  const identify = (request: CoreRequest): Identity => {
    const { token } = request;
    // Tokens of service accounts: everything about them is in the store, the keys and the time.
    if (token === undefined || token.claims['iss'] !== settings.issuer) return identityOf(deps(), request);
    const basis = { revision: options.revision(), keys: keys.authority, now: now() };
    const known = verdicts.get(token, basis);
    if (known !== undefined) return known;
    const identity = identityOf(deps(), request);
    verdicts.put(token, basis, identity);
    return identity;
  };
  return {
    identify,
    /** Judges a token somebody asks about; `undefined` when nobody vouches for its signature. */
    judge: (
      request: CoreRequest | undefined,
      text: string,
      audiences: readonly string[],
    ): TokenVerdict | undefined => {
      const token = request?.verified?.find((one) => one.text === text);
      return token && judgeToken(deps(), token, audiences);
    },
    requestToken,
    issuer: makeIssuer(options),
    wellKnown: makeWellKnown(options),
    outside: makeOutside(options, tokens),
  };
};

import type { CoreRequest } from '../api/contract.ts';
import type { Identity } from '../auth/identity.ts';
import type { TokenVerdict } from '../auth/reviews.ts';
import { checkClaims, userIdentity } from '../auth/tokens.ts';
import type { Lookup } from '../kinds/define.ts';
import { unauthorized } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';

export interface IdentifyDeps {
  readonly lookup: Lookup;
  readonly now: Instant;
  readonly issuer: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** What claims with a good signature stand for now: users of the platform, or live service accounts of the cluster. */
export const judgeClaims = (
  deps: IdentifyDeps,
  claims: Claims,
  audiences: readonly string[],
): TokenVerdict => {
  if (claims['iss'] === deps.issuer) return checkClaims(deps, claims, audiences);
  return { identity: userIdentity(claims), audiences: audiences.length > 0 ? audiences : [deps.issuer] };
};

/** Who asks: the edge's word, or the account behind verified claims. Throws 401 when that account is gone. */
export const identityOf = (deps: IdentifyDeps, request: CoreRequest): Identity => {
  if (request.claims === undefined) return request.identity;
  const verdict = judgeClaims(deps, request.claims, []);
  if ('error' in verdict) throw unauthorized();
  return verdict.identity;
};

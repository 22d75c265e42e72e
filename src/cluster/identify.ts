import type { CoreRequest, VerifiedToken } from '../api/contract.ts';
import type { Identity } from '../auth/identity.ts';
import { checkLegacyClaims, LEGACY_ISSUER } from '../auth/legacy-tokens.ts';
import type { TokenVerdict } from '../auth/reviews.ts';
import { checkClaims } from '../auth/token-check.ts';
import { checkUserClaims, type UserTokenDeps } from '../auth/user-tokens.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Secret } from '../kinds/generated/types.ts';
import { unauthorized } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';

export interface IdentifyDeps extends UserTokenDeps {
  readonly lookup: Lookup;
  readonly now: Instant;
  readonly issuer: string;
  /** Whether the cluster still believes tokens signed under this key identifier. */
  readonly knowsKey: (keyId: string) => boolean;
  /** Told about a Secret whose token was just used. */
  readonly usedSecret: (secret: Secret) => void;
}

const REFUSED = { error: 'invalid bearer token' } as const;

/** Why a token that names no audience, and so is for the API server alone, is not for these. */
const wrongAudience = ({ issuer }: IdentifyDeps, audiences: readonly string[]): string | undefined => {
  if (audiences.length === 0 || audiences.includes(issuer)) return undefined;
  const wanted = audiences.map((audience) => JSON.stringify(audience)).join(' ');
  return `token audiences [${JSON.stringify(issuer)}] is invalid for the target audiences [${wanted}]`;
};

const judgeUser = (deps: IdentifyDeps, token: VerifiedToken): TokenVerdict => {
  const verdict = checkUserClaims(deps, token.claims);
  return 'error' in verdict ? verdict : { ...verdict, audiences: [deps.issuer] };
};

const judgeLegacy = (deps: IdentifyDeps, token: VerifiedToken): TokenVerdict => {
  const verdict = checkLegacyClaims(deps.lookup, token.claims, token.text);
  if ('error' in verdict) return verdict;
  deps.usedSecret(verdict.secret);
  return { identity: verdict.identity, audiences: [deps.issuer] };
};

/**
 * What a token with a good signature stands for now. Users' tokens bear the platform's signature, those of service
 * accounts the cluster's own: neither can pass for the other.
 */
export const judgeToken = (
  deps: IdentifyDeps,
  token: VerifiedToken,
  audiences: readonly string[],
): TokenVerdict => {
  const { claims, keyId } = token;
  if (keyId !== undefined && !deps.knowsKey(keyId)) return REFUSED;
  if (keyId !== undefined && claims['iss'] === deps.issuer) return checkClaims(deps, claims, audiences);
  const error = wrongAudience(deps, audiences);
  if (error !== undefined) return { error };
  if (keyId === undefined) return judgeUser(deps, token);
  return claims['iss'] === LEGACY_ISSUER ? judgeLegacy(deps, token) : REFUSED;
};

/** Who asks: the edge's word, or who is behind a verified token. Throws 401 when the token is not good any more. */
export const identityOf = (deps: IdentifyDeps, request: CoreRequest): Identity => {
  if (request.token === undefined) return request.identity;
  const verdict = judgeToken(deps, request.token, []);
  if ('error' in verdict) throw unauthorized();
  return verdict.identity;
};

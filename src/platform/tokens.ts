import { compactVerify, decodeProtectedHeader, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { USER_ISSUER } from '../auth/user-tokens.ts';

/** Issuer of the tokens in kubeconfigs; fixed, so that they outlive a change of address. */
export const PLATFORM_ISSUER = USER_ISSUER;

/** Claims of a signed token, as they lie in it. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who a token speaks for. */
export interface UserClaims {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Signs and verifies the platform's own tokens. */
export interface TokenSigner {
  /** Signs claims as they are, with the newest key. */
  sign(claims: Claims): Promise<string>;
  /** The claims of a token that bears one of our signatures; `undefined` for any other text. Times are not judged here. */
  verify(token: string): Promise<Claims | undefined>;
}

const ALGORITHM = 'ES256';

/** A key that verifies, as the platform's crypto knows it. */
export type VerifyingKey = Awaited<ReturnType<typeof importJWK>>;

/** Makes the key that verifies what the holder of this public key signed. */
export const openPublicKey = ({ kty, crv, x, y }: JWK): Promise<VerifyingKey> =>
  importJWK({ kty, crv, x, y } as JWK, ALGORITHM);

/** The key identifier in a token's header; '' when there is none, `undefined` for what is no token of our kind. */
export const keyIdOf = (token: string): string | undefined => {
  try {
    const { alg, kid = '' } = decodeProtectedHeader(token);
    return alg === ALGORITHM && typeof kid === 'string' ? kid : undefined;
  } catch {
    // Not a token at all.
    return undefined;
  }
};

/** The claims of a token with a good signature; `undefined` for any other text. */
export const verifyClaims = async (token: string, key: VerifyingKey): Promise<Claims | undefined> => {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [ALGORITHM] });
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    const isObject = typeof claims === 'object' && claims !== null && !Array.isArray(claims);
    return isObject ? (claims as Claims) : undefined;
  } catch {
    // Forged, broken or not JSON: whatever it is, nobody vouches for it.
    return undefined;
  }
};

type PrivateJwk = Readonly<Record<string, string | undefined>>;

/** The keys in a secret: one JWK, or a set of them (`{"keys": […]}`) with the one that signs first. */
const readKeys = (signingKey: string): readonly PrivateJwk[] => {
  const value = JSON.parse(signingKey) as PrivateJwk | { readonly keys: readonly PrivateJwk[] };
  return Array.isArray(value.keys) ? value.keys : [value as PrivateJwk];
};

/**
 * Opens the installation's keys: private P-256 JWKs with a `kid`, as JSON text. To change the key, put a new one in
 * front; the old one may go when the last token it signed has ended.
 */
export const openTokenSigner = async (signingKey: string): Promise<TokenSigner> => {
  const jwks = readKeys(signingKey);
  const [newest] = jwks;
  if (newest === undefined) throw new Error('there is no signing key');
  const publicKeys = new Map<string, VerifyingKey>();
  for (const jwk of jwks) publicKeys.set(jwk['kid'] ?? '', await openPublicKey(jwk as JWK));
  // Only what makes the pair: key_ops and use of whoever exported it would limit both halves.
  const { kty, crv, x, y, d, kid } = newest;
  const privateKey = await importJWK({ kty, crv, x, y, d } as JWK, ALGORITHM);
  const header = { alg: ALGORITHM, ...(kid === undefined ? {} : { kid }) };
  return {
    sign: (claims) => new SignJWT(claims as JWTPayload).setProtectedHeader(header).sign(privateKey),
    verify: async (token) => {
      const key = publicKeys.get(keyIdOf(token) ?? 'none');
      return key && verifyClaims(token, key);
    },
  };
};

/** What the installation's own operator may do with a signed token. */
export const OPERATOR_AUDIENCE = 'kubicle-operator';

/** Claims of a token for the installation itself, good for a minute. */
export const makeOperatorClaims = (now: number): Claims => ({
  iss: PLATFORM_ISSUER,
  aud: [OPERATOR_AUDIENCE],
  sub: 'operator',
  exp: Math.floor(now / 1000) + 60,
});

/** Whether verified claims are an operator's, at this wall instant. */
export const isOperator = (claims: Claims, now: number): boolean =>
  claims['iss'] === PLATFORM_ISSUER &&
  Array.isArray(claims['aud']) &&
  claims['aud'].includes(OPERATOR_AUDIENCE) &&
  typeof claims['exp'] === 'number' &&
  claims['exp'] * 1000 > now;

/**
 * Claims of a user's token for one cluster. `ttlSeconds` from `now` (wall milliseconds). With an `id` it is good only
 * while the cluster has that id on its list.
 */
export const makeUserClaims = (
  clusterId: string,
  { username, groups, uid, extra }: UserClaims,
  { ttlSeconds, now, id }: { readonly ttlSeconds: number; readonly now: number; readonly id?: string },
): Claims => {
  const issuedAt = Math.floor(now / 1000);
  return {
    iss: PLATFORM_ISSUER,
    aud: [clusterId],
    sub: username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
    ...(id === undefined ? {} : { jti: id }),
    iat: issuedAt,
    exp: issuedAt + ttlSeconds,
  };
};

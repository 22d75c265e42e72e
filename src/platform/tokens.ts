import { compactVerify, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

/** Issuer of the tokens in kubeconfigs; fixed, so that they outlive a change of address. */
export const PLATFORM_ISSUER = 'kubicle';

/** Claims of a signed token, as they lie in it. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who a kubeconfig's token speaks for. */
export interface UserClaims {
  readonly username: string;
  readonly groups: readonly string[];
}

/** Signs and verifies every token of an installation with its one ES256 key pair. */
export interface TokenSigner {
  /** Signs claims as they are, e.g. those of a service-account token. */
  sign(claims: Claims): Promise<string>;
  /**
   * The claims of a token that bears our signature; `undefined` for any other text. Times are not judged here:
   * service-account tokens live by their cluster's clock.
   */
  verify(token: string): Promise<Claims | undefined>;
  /** The public half, as published to clients that verify tokens themselves. */
  readonly publicKeys: { readonly keys: readonly JWK[] };
}

const ALGORITHM = 'ES256';

/** Opens the installation's key pair: a private P-256 JWK with a `kid`, as JSON text. */
export const openTokenSigner = async (signingKey: string): Promise<TokenSigner> => {
  // Only what makes the pair: key_ops and use of whoever exported it would limit both halves.
  const { kty, crv, x, y, d, kid } = JSON.parse(signingKey) as Record<string, string | undefined>;
  const publicJwk = { kty, crv, x, y, ...(kid === undefined ? {} : { kid }) } as JWK;
  const privateKey = await importJWK({ ...publicJwk, d } as JWK, ALGORITHM);
  const publicKey = await importJWK(publicJwk, ALGORITHM);
  const header = { alg: ALGORITHM, ...(kid === undefined ? {} : { kid }) };
  return {
    sign: (claims) => new SignJWT(claims as JWTPayload).setProtectedHeader(header).sign(privateKey),
    verify: async (token) => {
      try {
        const { payload } = await compactVerify(token, publicKey, { algorithms: [ALGORITHM] });
        return JSON.parse(new TextDecoder().decode(payload)) as Claims;
      } catch {
        return undefined;
      }
    },
    publicKeys: { keys: [{ ...publicJwk, alg: ALGORITHM, use: 'sig' }] },
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

/** Claims of a platform token for one cluster. `ttlSeconds` from `now` (wall milliseconds). */
export const makeUserClaims = (
  clusterId: string,
  user: UserClaims,
  ttlSeconds: number,
  now: number,
): Claims => {
  const issuedAt = Math.floor(now / 1000);
  return {
    iss: PLATFORM_ISSUER,
    aud: [clusterId],
    sub: user.username,
    groups: user.groups,
    iat: issuedAt,
    exp: issuedAt + ttlSeconds,
  };
};

/**
 * Random identifiers and one-way forms of credentials. This folder knows accounts, keys and the cluster directory;
 * it may not know what is inside a cluster.
 */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PASSWORD_SCHEME = 'pbkdf2-sha256';
/** The most iterations the platform's PBKDF2 takes at once; the cost is a number of rounds of these. */
const ROUND_ITERATIONS = 100_000;
/** Six rounds are what OWASP asks of PBKDF2 with SHA-256 (600,000 iterations). */
export const PASSWORD_ROUNDS = 6;

/** An opaque lower-case identifier that starts with a letter and carries `5 * length` bits of randomness. */
export const makeId = (prefix: string, length = 20): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return prefix + Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('');
};

/** Base64url without padding. */
export const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const fromBase64Url = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));

/** A new credential: `prefix` and 256 random bits. */
export const makeSecret = (prefix: string): string =>
  prefix + toBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** SHA-256 in hex: what is stored of keys and session tokens, which are random and need no salt. */
export const hashSecret = async (secret: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

const derive = async (
  password: string,
  salt: Uint8Array,
  iterations: number,
  rounds: number,
): Promise<Uint8Array> => {
  let input: Uint8Array = new TextEncoder().encode(password);
  for (let round = 0; round < rounds; round += 1) {
    const key = await crypto.subtle.importKey('raw', input, 'PBKDF2', false, ['deriveBits']);
    const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
    input = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256));
  }
  return input;
};

const costText = (rounds: number): string => `${ROUND_ITERATIONS}x${rounds}`;

/** The stored form of a password: salted, slow, with its parameters: `scheme$iterations`x`rounds$salt$hash`. */
export const hashPassword = async (password: string, rounds = PASSWORD_ROUNDS): Promise<string> => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(password, salt, ROUND_ITERATIONS, rounds);
  return [PASSWORD_SCHEME, costText(rounds), toBase64Url(salt), toBase64Url(hash)].join('$');
};

const NOBODYS = `$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** A stored form that no password gives: checking against it takes as long as checking against a real one. */
export const nobodysPassword = (rounds = PASSWORD_ROUNDS): string =>
  [PASSWORD_SCHEME, costText(rounds)].join('$') + NOBODYS;

/** Whether a stored form is one that no password gives. */
export const isNobodysPassword = (stored: string): boolean => stored.endsWith(NOBODYS);

/** Whether a stored form was made with other parameters than a new one would be: it is made again at sign-in. */
export const needsRehash = (stored: string, rounds = PASSWORD_ROUNDS): boolean =>
  !stored.startsWith(`${PASSWORD_SCHEME}$${costText(rounds)}$`);

/** Whether the password gives the stored form; takes the same time wherever they differ. */
export const verifyPassword = async (password: string, stored: string): Promise<boolean> => {
  const [scheme, cost, salt, hash] = stored.split('$');
  if (scheme !== PASSWORD_SCHEME || cost === undefined || salt === undefined || hash === undefined) {
    throw new Error('unknown password scheme in the account table');
  }
  const [iterations = '', rounds = '1'] = cost.split('x');
  const expected = fromBase64Url(hash);
  const actual = await derive(password, fromBase64Url(salt), Number(iterations), Number(rounds));
  let difference = expected.length ^ actual.length;
  for (const [index, byte] of expected.entries()) difference |= byte ^ (actual[index] ?? 0);
  return difference === 0;
};

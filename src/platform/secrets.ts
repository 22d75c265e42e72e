/**
 * Random identifiers and one-way forms of credentials. This folder knows accounts, keys and the cluster directory;
 * it may not know what is inside a cluster.
 */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PASSWORD_ITERATIONS = 100_000;
const PASSWORD_SCHEME = 'pbkdf2-sha256';

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

const derive = async (password: string, salt: Uint8Array, iterations: number): Promise<Uint8Array> => {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, [
    'deriveBits',
  ]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256),
  );
};

/** The stored form of a password: salted PBKDF2 with its parameters. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(password, salt, PASSWORD_ITERATIONS);
  return [PASSWORD_SCHEME, PASSWORD_ITERATIONS, toBase64Url(salt), toBase64Url(hash)].join('$');
};

/** Whether the password gives the stored form; takes the same time wherever they differ. */
export const verifyPassword = async (password: string, stored: string): Promise<boolean> => {
  const [scheme, iterations, salt, hash] = stored.split('$');
  if (scheme !== PASSWORD_SCHEME || iterations === undefined || salt === undefined || hash === undefined) {
    throw new Error('unknown password scheme in the account table');
  }
  const expected = fromBase64Url(hash);
  const actual = await derive(password, fromBase64Url(salt), Number(iterations));
  let difference = expected.length ^ actual.length;
  for (const [index, byte] of expected.entries()) difference |= byte ^ (actual[index] ?? 0);
  return difference === 0;
};

import { bytesOfBase64Url } from '../machinery/base64url.ts';

/** A JWT in its parts; nothing about it was checked. */
export interface JwtParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const readJson = (text: string): Readonly<Record<string, unknown>> | undefined => {
  const bytes = bytesOfBase64Url(text);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Neither UTF-8 nor JSON: not a token, and there is nothing more to say.
    return undefined;
  }
};

/** Splits a compact JWT; `undefined` for anything else. */
export const splitJwt = (text: string): JwtParts | undefined => {
  const [first = '', second = '', third = '', more] = text.split('.', 4);
  const header = readJson(first);
  const claims = readJson(second);
  const signature = bytesOfBase64Url(third);
  if (more !== undefined || third === '' || !header || !claims || !signature) return undefined;
  return { header, claims, signed: new TextEncoder().encode(`${first}.${second}`), signature };
};

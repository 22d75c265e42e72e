/** Reads the one thing admission must know of a PKCS #10 request: the organizations of its subject. */

/** Object identifier 2.5.4.10 (organizationName), encoded. */
const ORGANIZATION = [0x06, 0x03, 0x55, 0x04, 0x0a];
const SEQUENCE = 0x30;

interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
  /** Where the next element starts. */
  readonly end: number;
}

/** The DER element at an offset, or `undefined` when the bytes end before it does. */
const readElement = (bytes: Uint8Array, at: number): Element | undefined => {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  let length = first;
  let start = at + 2;
  if (first & 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) return undefined;
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
  }
  const end = start + length;
  return end > bytes.length ? undefined : { tag, body: bytes.subarray(start, end), end };
};

const readAll = (bytes: Uint8Array): Element[] => {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes, at);
    if (element === undefined) break;
    elements.push(element);
    at = element.end;
  }
  return elements;
};

const decodeBase64 = (text: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: there is nothing to read, and validation says so in its own words.
    return undefined;
  }
};

const startsWith = (bytes: Uint8Array, prefix: readonly number[]): boolean =>
  prefix.every((byte, index) => bytes[index] === byte);

/**
 * Organizations in the subject of a request, in order. `encoded` is base64 of PEM, as in `spec.request`.
 * Anything that is not a request has none.
 */
export const readCertificateOrganizations = (encoded: string): string[] => {
  const pem = decodeBase64(encoded);
  if (pem === undefined) return [];
  const match = /-----BEGIN [^-]+-----([\s\S]*?)-----END/.exec(new TextDecoder('latin1').decode(pem));
  const der = decodeBase64((match?.[1] ?? '').replace(/\s/g, ''));
  if (der === undefined) return [];
  const [request] = readAll(der);
  const [info] = readAll(request?.body ?? new Uint8Array());
  const subject = readAll(info?.body ?? new Uint8Array()).find(({ tag }) => tag === SEQUENCE);
  return readAll(subject?.body ?? new Uint8Array())
    .flatMap((set) => readAll(set.body))
    .filter((attribute) => startsWith(attribute.body, ORGANIZATION))
    .flatMap((attribute) => readAll(attribute.body).slice(1))
    .map((value) => new TextDecoder().decode(value.body));
};

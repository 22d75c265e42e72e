/** Distinguished names: RFC 5280 section 4.1.2.4, read and written as Go's crypto/x509/pkix does. */

import {
  DerError,
  type DerReader,
  der,
  objectIdentifier,
  readObjectIdentifier,
  sequence,
  setOf,
  TAG,
} from './der.ts';

/** The attributes that survive signing, in the order Go writes them. */
const ATTRIBUTES = [
  ['country', '2.5.4.6'],
  ['organization', '2.5.4.10'],
  ['organizationalUnit', '2.5.4.11'],
  ['locality', '2.5.4.7'],
  ['province', '2.5.4.8'],
  ['streetAddress', '2.5.4.9'],
  ['postalCode', '2.5.4.17'],
  ['commonName', '2.5.4.3'],
  ['serialNumber', '2.5.4.5'],
] as const;

type Attribute = (typeof ATTRIBUTES)[number][0];

/** A name by its attributes; absent and empty mean the same. Of several common names or serial numbers the last counts. */
export type DistinguishedName = { readonly [Key in Attribute]?: readonly string[] };

const SINGLE: ReadonlySet<string> = new Set<Attribute>(['commonName', 'serialNumber']);
const NAMES: ReadonlyMap<string, Attribute> = new Map(ATTRIBUTES.map(([name, id]) => [id, name]));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const readUtf8 = (body: Uint8Array): string => {
  try {
    return utf8.decode(body);
  } catch {
    // Anything but UTF-8 makes the name unreadable; there is nothing else to add.
    throw new DerError('x509: invalid UTF-8 string');
  }
};

/** Letters, digits and what Go tolerates beside them (`*` and `&` for names in the wild). */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;

const latin1 = (body: Uint8Array): string => Array.from(body, (byte) => String.fromCharCode(byte)).join('');

const readMatching = (body: Uint8Array, shape: RegExp, what: string): string => {
  const text = latin1(body);
  if (!shape.test(text)) throw new DerError(`x509: invalid ${what}`);
  return text;
};

const readBmp = (body: Uint8Array): string => {
  if (body.length % 2 !== 0) throw new DerError('x509: invalid BMPString');
  let text = '';
  for (let at = 0; at < body.length; at += 2)
    text += String.fromCharCode(((body[at] ?? 0) << 8) | (body[at + 1] ?? 0));
  return text.replace(/\0+$/, '');
};

const ASCII = /^[\u0000-\u007f]*$/;

const READERS: Readonly<Record<number, (body: Uint8Array) => string>> = {
  [TAG.utf8String]: readUtf8,
  [TAG.printableString]: (body) => readMatching(body, PRINTABLE, 'PrintableString'),
  [TAG.ia5String]: (body) => readMatching(body, ASCII, 'IA5String'),
  [TAG.numericString]: (body) => readMatching(body, /^[0-9 ]*$/, 'NumericString'),
  [TAG.t61String]: latin1,
  [TAG.bmpString]: readBmp,
};

/** Reads the next name. Attributes of other types are skipped. Throws `DerError`. */
export const readName = (reader: DerReader): DistinguishedName => {
  const found = new Map<Attribute, string[]>();
  const sets = reader.inside(TAG.sequence);
  while (!sets.done) {
    const set = sets.inside(TAG.set);
    while (!set.done) {
      const pair = set.inside(TAG.sequence);
      const name = NAMES.get(readObjectIdentifier(pair.expect(TAG.objectIdentifier).body));
      const value = pair.next();
      pair.end();
      const read = READERS[value.tag];
      if (read === undefined) throw new DerError('x509: unsupported string type in name');
      const text = read(value.body);
      if (name === undefined) continue;
      found.set(name, SINGLE.has(name) ? [text] : [...(found.get(name) ?? []), text]);
    }
  }
  return Object.fromEntries(found);
};

const NARROW = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

const printText = (text: string): Uint8Array =>
  der(NARROW.test(text) ? TAG.printableString : TAG.utf8String, new TextEncoder().encode(text));

/** Prints a name: one set for each attribute that has values. */
export const printName = (name: DistinguishedName): Uint8Array =>
  sequence(
    ...ATTRIBUTES.flatMap(([attribute, id]) => {
      const values = (name[attribute] ?? []).filter((value) => !SINGLE.has(attribute) || value !== '');
      if (values.length === 0) return [];
      return [setOf(...values.map((value) => sequence(objectIdentifier(id), printText(value))))];
    }),
  );

/** The common name; '' when there is none. */
export const commonNameOf = (name: DistinguishedName): string => name.commonName?.[0] ?? '';

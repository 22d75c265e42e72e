/** Fields of `metadata` that belong to the server (apiserver registry/rest meta.go and create.go). */

import { SAFE_ALPHABET } from '../machinery/deep.ts';
import type { Draft, ObjectMeta } from '../machinery/object.ts';
import { type Instant, printTime } from '../machinery/time.ts';

type Random = (purpose: string, bound: number) => number;

/** Metadata under construction. */
export type MetaDraft = { -readonly [Field in keyof ObjectMeta]: ObjectMeta[Field] };

/** The draft's metadata, made when absent. */
export const metaOf = (draft: Draft): MetaDraft => {
  const { metadata } = draft;
  if (typeof metadata === 'object' && metadata !== null) return metadata as MetaDraft;
  const made: MetaDraft = {};
  draft['metadata'] = made;
  return made;
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A version 4 UUID made of derived randomness. */
export const makeUid = (random: Random, purpose = 'uid'): string => {
  const word = (index: number): number => random(`${purpose}/${index}`, 0x100000000);
  const [a, b, c, d] = [word(0), word(1), word(2), word(3)];
  const third = hex((b & 0x0fff) | 0x4000, 4);
  const fourth = hex(((c >>> 16) & 0x3fff) | 0x8000, 4);
  return `${hex(a, 8)}-${hex(b >>> 16, 4)}-${third}-${fourth}-${hex(c & 0xffff, 4)}${hex(d, 8)}`;
};

const SUFFIX_LENGTH = 5;
const MAX_GENERATED = 63;

/** `base` cut to 58 characters plus five random ones of the safe alphabet. */
export const generateName = (random: Random, base: string, purpose: string): string => {
  let suffix = '';
  for (let index = 0; index < SUFFIX_LENGTH; index += 1) {
    suffix += SAFE_ALPHABET[random(`${purpose}/${index}`, SAFE_ALPHABET.length)];
  }
  return base.slice(0, MAX_GENERATED - SUFFIX_LENGTH) + suffix;
};

/** Takes away what a client may not set on a create. */
export const wipeSystemFields = (metadata: MetaDraft): void => {
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
};

/**
 * Rewrites metadata in upstream's field order with the server's fields filled in, so that stored texts read as
 * upstream prints them.
 */
export const stampNewMetadata = (
  draft: Draft,
  fields: { readonly uid: string; readonly now: Instant; readonly generation: boolean },
): void => {
  const { name, generateName: prefix, namespace, generation, ...rest } = metaOf(draft);
  draft['metadata'] = {
    name,
    ...(prefix ? { generateName: prefix } : {}),
    ...(namespace ? { namespace } : {}),
    uid: fields.uid,
    resourceVersion: '',
    ...(fields.generation ? { generation: 1 } : generation ? { generation } : {}),
    creationTimestamp: printTime(fields.now),
    ...rest,
  };
};

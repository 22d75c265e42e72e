/** The platform's documented limits of SQLite storage, enforced alike wherever the core runs. */

import { utf8Length } from '../src/machinery/deep.ts';
import type { SqlValue } from '../src/ports.ts';

const MAX_PARAMETERS = 100;
const MAX_VALUE_BYTES = 2_000_000;

/**
 * Throws when a statement has more than 100 parameters or one of 2 MB or more. Local runtimes let larger
 * values pass; production does not, and a write that works in a test must work there.
 */
export const checkLimits = (parameters: readonly SqlValue[]): void => {
  if (parameters.length > MAX_PARAMETERS) {
    throw new Error(`too many SQL variables: ${parameters.length}, the limit is ${MAX_PARAMETERS}`);
  }
  for (const value of parameters) {
    // A text shorter than a third of the limit cannot reach it in UTF-8, so most are never measured.
    const tooBig =
      typeof value === 'string'
        ? value.length * 3 >= MAX_VALUE_BYTES && utf8Length(value) >= MAX_VALUE_BYTES
        : value instanceof Uint8Array && value.byteLength >= MAX_VALUE_BYTES;
    if (tooBig) throw new Error('string or blob too big');
  }
};

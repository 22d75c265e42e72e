import { drizzle } from 'drizzle-orm/d1';
import * as schema from './schema.ts';

const wrap = (binding: D1Database) => drizzle(binding, { schema });

/** The platform database behind drizzle. */
export type PlatformDatabase = ReturnType<typeof wrap>;

/** Wrapping works out the relations of every table, which takes longer than all else the front does. */
const wrapped = new WeakMap<D1Database, PlatformDatabase>();

/** The binding behind drizzle: one for all requests, of which it holds nothing. */
export const openPlatformDatabase = (binding: D1Database): PlatformDatabase => {
  const known = wrapped.get(binding);
  if (known !== undefined) return known;
  const made = wrap(binding);
  wrapped.set(binding, made);
  return made;
};

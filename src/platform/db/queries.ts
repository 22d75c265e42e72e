import { drizzle } from 'drizzle-orm/d1';
import * as schema from './schema.ts';

/** The platform database behind drizzle. */
export type PlatformDatabase = ReturnType<typeof openPlatformDatabase>;

/** Wraps the binding; cheap, once a request. */
export const openPlatformDatabase = (binding: D1Database) => drizzle(binding, { schema });

import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` writes the next migration of the platform database; it works offline. */
export default defineConfig({
  dialect: 'sqlite',
  driver: 'd1-http',
  schema: './src/platform/db/schema.ts',
  out: './migrations/platform',
});

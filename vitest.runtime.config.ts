import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Tests inside workerd: what only the platform can show. */
export default defineConfig({
  plugins: [
    cloudflareTest({
      main: './test/runtime/sql-object.ts',
      miniflare: {
        compatibilityDate: '2026-07-01',
        durableObjects: { SQL_OBJECT: { className: 'SqlObject', useSQLite: true } },
      },
    }),
  ],
  test: { include: ['test/runtime/**/*.test.ts'] },
});

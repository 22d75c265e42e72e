import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { textFiles } from './test/support/text-files.ts';

/** A key pair for tests only. */
const SIGNING_KEY = JSON.stringify({
  kty: 'EC',
  crv: 'P-256',
  kid: 'test',
  x: 'HdYnoNBUZIXwIfH56pRnZW2NHpbuLGjLmvleMaxaSv8',
  y: 'eoLqxy0byA8oS4yvbzge6vPFssWr_ao9_EfMprGEelA',
  d: 'kuvaWZ9u3iH-J4yueXyGG1z9EtrPg5XJnqyoA0teusk',
});

/** Tests inside workerd: what only the platform can show. */
export default defineConfig({
  plugins: [
    textFiles(),
    cloudflareTest(async () => ({
      main: './test/runtime/worker.ts',
      miniflare: {
        compatibilityDate: '2026-09-01',
        compatibilityFlags: ['enable_request_signal'],
        durableObjects: {
          SQL_OBJECT: { className: 'SqlObject', useSQLite: true },
          CLUSTER: { className: 'ClusterObject', useSQLite: true },
          COURIER: { className: 'Courier', useSQLite: true },
        },
        d1Databases: ['PLATFORM_DB'],
        bindings: {
          SIGNING_KEY,
          PUBLIC_URL: 'https://kubicle.test',
          PASSWORD_ROUNDS: '1',
          WATCH_HEARTBEAT_MS: '100',
          OUTBOUND_LOOPBACK: 'allow',
          // No lifetime by default, so no alarm that no test asked for.
          DEFAULT_PLAN: 'classroom',
          MIGRATIONS: await readD1Migrations('./migrations/platform'),
        },
      },
    })),
  ],
  test: {
    include: ['test/runtime/**/*.test.ts'],
    // A machine that is busy with others must not fail them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
  },
});

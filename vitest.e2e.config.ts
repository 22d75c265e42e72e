import { defineConfig } from 'vitest/config';

/** The product as its users meet it: `npm start`, real kubectl. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/support/shared-server.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    expect: { poll: { timeout: 20_000, interval: 100 } },
  },
});

import { defineConfig } from 'vitest/config';
import { textFiles } from './test/support/text-files.ts';

/** Core tests: plain Node with node:sqlite, no platform. */
export default defineConfig({
  plugins: [textFiles()],
  test: {
    include: ['{src,migrations,durable-objects,scripts,test,web}/**/*.test.ts'],
    exclude: ['test/runtime/**', 'test/e2e/**', '**/node_modules/**'],
    pool: 'threads',
    maxWorkers: 2,
    // Replays of thousands of requests; a slow machine must not fail them.
    testTimeout: 180_000,
  },
});

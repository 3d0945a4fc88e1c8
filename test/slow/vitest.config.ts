// Tests that need minutes, Debian packages or the npm registry: `npm run test:slow`, in CI after `npm test`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{test/slow,libs,services}/**/*.slow.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});

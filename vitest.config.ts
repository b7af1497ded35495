import { join } from "node:path";

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Most of the time of the long ones goes by in waiting for processes.
    maxWorkers: 2,
    // The program is started hundreds of times, each time from the same sources.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compile") },
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

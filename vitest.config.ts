import { defineConfig, type ViteUserConfig } from "vitest/config";

// Some run thousands of random cases: on a busy machine that may take longer than the usual five seconds.
const pure = { isolate: false, pool: "threads" as const, testTimeout: 30_000 };
// Spawning daemons and making namespaces is bounded by the two cores: one file at a time.
const serial = { pool: "forks" as const, fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };
// Beside other implementations, which do things in their own time: such a test has a second try, and the end of a run names those that needed it.
const beside = { ...serial, retry: 1 };

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      { test: { name: "architecture", include: ["test/architecture/**/*.test.ts"], ...pure } },
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/contract/**/*.test.ts"], ...pure } },
      { test: { name: "scenario", include: ["test/scenario/**/*.test.ts"], ...serial } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...serial } },
      { test: { name: "labs", include: ["test/labs/**/*.test.ts"], ...serial } },
      {
        test: { name: "interop", include: ["test/interop/**/*.test.ts", "test/differential/**/*.test.ts"], ...beside },
      },
    ],
  },
});
export default config;

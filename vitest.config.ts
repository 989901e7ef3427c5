import { defineConfig } from 'vitest/config'

const benchmark = { include: [] }

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'],
          // Nothing here keeps state between files, and isolation costs more than the tests.
          pool: 'threads',
          isolate: false,
          benchmark,
        },
      },
      {
        test: {
          name: 'integration',
          // Timings and ports are these tests' subject: one project after the other.
          sequence: { groupOrder: 1 },
          include: ['test/integration/**/*.test.ts', 'test/property/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          benchmark,
        },
      },
      {
        test: {
          name: 'browser',
          sequence: { groupOrder: 2 },
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          // The first of them may install Chromium.
          hookTimeout: 300_000,
          fileParallelism: false,
          benchmark,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          // The first of them makes the images, from Debian's packages on.
          hookTimeout: 900_000,
          fileParallelism: false,
          benchmark,
        },
      },
    ],
  },
})

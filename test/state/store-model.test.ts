import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Clock } from "../../src/lib/clock.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { Fault } from "../../src/state/memory.ts";
import { StateConflict } from "../../src/state/store.ts";
import type { Snapshot, StateStore } from "../../src/state/store.ts";
import { recordOf } from "../support/state-values.ts";

/** Time that passes at once. */
const clock: Clock = { now: () => 0, sleep: async () => {} };
const names = ["a", "b", "c"] as const;

interface Step {
  readonly writer: number;
  readonly action: "load" | "write";
  readonly targets: readonly (typeof names)[number][];
  readonly reads: readonly (typeof names)[number][];
  /** Goes on with the next step without waiting for this one. */
  readonly together: boolean;
  readonly faults: readonly (Fault | null)[];
}

const step: fc.Arbitrary<Step> = fc.record({
  writer: fc.nat(2),
  action: fc.constantFrom("load", "write", "write", "write"),
  targets: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
  reads: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
  together: fc.boolean(),
  faults: fc.array(fc.constantFrom(null, null, "error-before", "error-after", "lost-race"), { maxLength: 4 }),
});

/** A write as the model sees it: which value each service was read with, and which it was given. */
interface Attempted {
  readonly read: ReadonlyMap<string, number>;
  readonly written: ReadonlyMap<string, number>;
  readonly outcome: "acknowledged" | "refused" | "failed";
}

const valueOf = (snapshot: Snapshot, name: string): number => snapshot.services.get(name)?.record?.attempts ?? 0;

async function play(steps: readonly Step[]) {
  let faults: readonly (Fault | null)[] = [];
  const branch = memoryBranch(() => {
    const [next = null, ...rest] = faults;
    faults = rest;
    return next;
  });
  const stores = ["x", "y", "z"].map((writer) => memoryStore({ clock, branch, writer }));
  const bases: (Snapshot | undefined)[] = [];
  const attempted: Attempted[] = [];
  let value = 0;
  let running: Promise<void>[] = [];
  for (const current of steps) {
    faults = current.faults;
    running.push(run(current, stores[current.writer] ?? memoryStore({ clock, branch })));
    if (current.together) continue;
    await Promise.all(running);
    running = [];
  }
  await Promise.all(running);
  faults = [];
  return { attempted, branch, end: await memoryStore({ clock, branch, writer: "end" }).load() };

  async function run({ writer, action, targets, reads }: Step, store: StateStore): Promise<void> {
    const basis = bases[writer];
    if (action === "load" || basis === undefined) {
      bases[writer] = await store.load().catch(() => basis);
      return;
    }
    const written = new Map(targets.map((name) => [name, (value += 1)]));
    const services = targets.map((name) => ({ name, record: recordOf(name, { attempts: written.get(name) ?? 0 }) }));
    const read = new Map([...targets, ...reads].map((name) => [name, valueOf(basis, name)]));
    try {
      bases[writer] = await store.commit({ message: "Write", services, reads, basis });
      attempted.push({ read, written, outcome: "acknowledged" });
    } catch (error) {
      attempted.push({ read, written, outcome: error instanceof StateConflict ? "refused" : "failed" });
    }
  }
}

test("acknowledged writes are there exactly once, refused ones never, and each was decided on what it replaced", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { attempted, branch, end } = await play(steps);
      // Every value that a service ever had, in the branch's own order. Values are unique, so they name their write.
      const lives = new Map<string, number[]>(names.map((name) => [name, []]));
      const snapshots: ReadonlyMap<string, number>[] = [];
      for (const tip of branch.history()) {
        const then = memoryStore({ clock, branch: { ...branch, read: async () => tip } });
        const snapshot = await then.load();
        snapshots.push(new Map(names.map((name) => [name, valueOf(snapshot, name)])));
        for (const name of names) {
          const life = lives.get(name);
          if (life?.at(-1) !== valueOf(snapshot, name)) life?.push(valueOf(snapshot, name));
        }
      }
      for (const { read, written, outcome } of attempted) {
        const [first] = [...written];
        if (first === undefined) continue;
        const at = snapshots.findIndex((snapshot) => snapshot.get(first[0]) === first[1]);
        // A write that failed may be there or not.
        const shouldBeThere = { acknowledged: true, refused: false, failed: at !== -1 }[outcome];
        expect(at !== -1).toBe(shouldBeThere);
        if (at === -1) continue;
        // All of a change in one commit, on top of what it read, and once.
        for (const [name, value] of written) {
          expect(snapshots[at]?.get(name)).toBe(value);
          expect(lives.get(name)?.filter((known) => known === value)).toHaveLength(1);
        }
        for (const [name, value] of read) expect(snapshots[at - 1]?.get(name) ?? 0).toBe(value);
      }
      expect(branch.history().map(({ generation }) => generation)).toEqual(
        branch.history().map((_, index) => index + 1),
      );
      for (const name of names) expect(valueOf(end, name)).toBe(lives.get(name)?.at(-1) ?? 0);
    }),
    { numRuns: 300 },
  );
});

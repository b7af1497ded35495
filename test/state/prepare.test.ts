import { describe, expect, it, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { memoryStore } from "../../src/state/memory.ts";
import { prepare } from "../../src/state/prepare.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { settled } from "../support/decisions.ts";
import { recordOf } from "../support/state-values.ts";

describe("prepare()", () => {
  const read: Snapshot = { commit: "c1", generation: 3, stateId: "one", services: new Map() };
  const change = { message: "web: settled", services: [{ name: "web", record: settled() }], basis: read };

  it("puts a change on top of what others wrote of other services", () => {
    const { accepted } = prepare([change], { ...read, commit: "c2", generation: 4 }, null);
    expect(accepted).toEqual([change]);
  });

  it("refuses what was decided on another branch, though its services look the same", () => {
    const { accepted, conflicts, edits } = prepare([change], { ...read, stateId: "another" }, null);
    expect(accepted).toEqual([]);
    expect(conflicts.get(change)?.services).toEqual(["web"]);
    expect(edits.size).toBe(0);
  });
});

test("what is wrong with one change is told to its caller, and what was to be written with it is written", async () => {
  const store = memoryStore({ clock: systemClock });
  const basis = await store.load();
  const write = (name: string, record: ServiceRecord) =>
    store.commit({ message: name, services: [{ name, record }], basis });
  const [wrong, right] = await Promise.allSettled([write("api", recordOf("other")), write("web", recordOf("web"))]);
  expect(wrong).toMatchObject({ status: "rejected", reason: { code: "state-unreadable" } });
  expect(right.status).toBe("fulfilled");
  expect([...(await store.load()).services.keys()]).toEqual(["web"]);
});

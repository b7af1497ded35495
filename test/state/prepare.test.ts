import { describe, expect, it } from "vitest";

import { prepare } from "../../src/state/prepare.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { settled } from "../support/decisions.ts";

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

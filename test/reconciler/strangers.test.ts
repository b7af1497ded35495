import { expect, it, test } from "vitest";

import type { ObservedInstance } from "../../src/backends/backend.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { takeInventory } from "../../src/reconciler/inventory.ts";
import { inventoryLines } from "../../src/reconciler/orphans-text.ts";
import { findOrphans, findStrangers } from "../../src/reconciler/orphans.ts";
import { refusalFor } from "../../src/reconciler/plan-strangers.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { accepted, allWell, instanceOf, now, policy, serving, settled } from "../support/decisions.ts";

const record = settled();
const project = { project: "main" };
const signal = new AbortController().signal;

function stateOf(overrides: Partial<Snapshot> = {}): Snapshot {
  const services = new Map([["web", { record, intents: [], lease: null }]]);
  return { commit: "c", generation: 9, stateId: "s", services, ...overrides };
}

function seen(token: string, overrides: Partial<ObservedInstance> = {}): ObservedInstance {
  return instanceOf({ ...serving(7, 0), token, price: 0.25 }, overrides);
}

it.each([
  ["an attempt that is not recorded yet", seen("web-3-3"), true],
  ["one of a later life of the service", seen("web-4-1"), true],
  ["one of a service that nobody remembers", seen("api-1-1", { service: "api" }), true],
  ["one whose token says nothing", seen("mine"), true],
  ["one of another state of this project", seen("web-3-1", { stateId: "other", project: "main" }), true],
  ["one of another state that does not say whose", seen("web-3-1", { stateId: "other" }), true],
  ["one of another project", seen("web-3-1", { stateId: "other", project: "theirs" }), false],
  ["one that is gone", seen("web-3-3", { status: "gone" }), false],
  ["one that was given up", seen("web-2-9"), false],
  ["a recorded one", seen("web-3-1"), false],
])("%s", (_, instance, isStranger) => {
  expect(findStrangers([instance], stateOf(), project)).toHaveLength(isStranger ? 1 : 0);
});

it("what is left of a service that is gone was given up with it, what bears a later birth was not", () => {
  const gone = { services: [{ name: "api", born: 5 }] };
  const left = [seen("api-5-1", { service: "api" }), seen("api-6-1", { service: "api" })];
  const { tombstoned, unknown } = findOrphans(left, stateOf({ gone }));
  expect([tombstoned, unknown].map((found) => found.map(({ token }) => token))).toEqual([["api-5-1"], ["api-6-1"]]);
});

it.each([
  ["a settled service", record],
  ["an accepted edit", accepted(record, { commands: ["other"] })],
  ["one that is being removed", { ...record, target: null }],
])("nothing is decided for %s while something runs that the state does not know", (_, before) => {
  const observed = allWell(before, { instances: new Map(), strangers: [seen("web-3-3")] });
  const decision = decide(before, { observed, policy, now });
  expect(decision).toMatchObject({ record: before, actions: [], state: "state-older" });
  expect(decision.notes.map(({ detail }) => detail).join()).toContain("web-3-3");
});

test("what was announced after the state was read is not unknown", async () => {
  const before = stateOf();
  const newer = { ...record, attempts: 3, replicas: [...record.replicas, { ...serving(2, 0), token: "web-3-3" }] };
  const after = stateOf({ services: new Map([["web", { record: newer, intents: [], lease: null }]]) });
  const inventory = await takeInventory(
    { backends: backendsWith([seen("web-3-3")]), owner: { repository: "r", project: "main" }, store: storeOf(after) },
    before,
    signal,
  );
  expect(inventory).toMatchObject({ strangers: [], snapshot: after });
});

test("what costs how much is said of each and of all", async () => {
  const backends = backendsWith([seen("web-3-3"), seen("web-3-4")]);
  const owner = { repository: "r", project: "main" };
  const inventory = await takeInventory({ backends, owner, store: storeOf(stateOf()) }, stateOf(), signal);
  const text = inventoryLines(inventory).join("\n");
  expect(text).toContain("web-3-3 (web, $0.25/h)");
  expect(text).toContain("$0.5/h together");
  expect(text).toContain("state repair");
  expect(inventoryLines(inventory, "api")).toEqual([]);
});

test("a backend that cannot be listed is said, and without a branch nothing is created meanwhile", async () => {
  const backends = backendsWith(null);
  const owner = { repository: "r", project: "main" };
  const nothing = stateOf({ commit: null, services: new Map() });
  const inventory = await takeInventory({ backends, owner, store: storeOf(nothing) }, nothing, signal);
  expect(inventoryLines(inventory).join()).toContain("the listing timed out");
  expect(refusalFor("web", inventory)).toContain("the listing timed out");
  expect(refusalFor("web", { ...inventory, snapshot: stateOf() })).toBeNull();
});

test("without a branch nothing is created while anything of the project runs", () => {
  const unknown = { ...seen("api-1-1", { service: "api" }), backend: "local" };
  const blind = new Map<string, string>();
  const nothing = stateOf({ commit: null, services: new Map() });
  expect(refusalFor("web", { strangers: [unknown], blind, snapshot: nothing })).toContain("api-1-1");
  expect(refusalFor("web", { strangers: [unknown], blind, snapshot: stateOf() })).toBeNull();
  expect(refusalFor("api", { strangers: [unknown], blind, snapshot: stateOf() })).toContain("api-1-1");
});

function storeOf(snapshot: Snapshot) {
  return { load: async () => snapshot };
}

/** `null`: it cannot be listed. */
function backendsWith(instances: readonly ObservedInstance[] | null) {
  const backend = {
    kind: "machine",
    name: "local",
    dedupes: true,
    visibility: 0,
    poll: { busy: 1, idle: 1 },
    offers: async () => ({ ok: true, offers: [], notes: [] }) as const,
    async list() {
      if (instances === null) throw new Error("the listing timed out");
      return instances;
    },
    find: async () => null,
    async provision() {
      throw new Error("nobody asks for it");
    },
    terminate: async () => undefined,
    async *logs() {},
  } as const;
  return new Map([["local", backend]]);
}

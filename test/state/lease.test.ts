import { expect, test } from "vitest";

import type { Lease } from "../../src/state/lease-record.ts";
import { acquire, isSameOwner, release, renew, stillOwned } from "../../src/state/lease.ts";
import type { LeaseRequest } from "../../src/state/lease.ts";
import { ownerOf } from "../support/state-values.ts";

const noon = Date.parse("2026-01-01T12:00:00.000Z");
const minute = 60_000;

/** Held by `a` until 12:15. */
const held: Lease = {
  owner: ownerOf("a"),
  acquiredAt: "2026-01-01T12:00:00.000Z",
  deadline: "2026-01-01T12:15:00.000Z",
  fence: 7,
  handOver: true,
};

function request(overrides: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    owner: ownerOf("b", { host: "other" }),
    now: noon,
    ttl: 15 * minute,
    skew: 5 * minute,
    ownerAlive: "unknown",
    ...overrides,
  };
}

test.for([
  { name: "a free one", current: null, request: {}, fence: 1 },
  { name: "a free one, in a state that has gone on", current: null, request: { generation: 41 }, fence: 42 },
  { name: "one of a dead owner", current: held, request: { ownerAlive: false }, fence: 8 },
  { name: "one whose deadline and skew are over", current: held, request: { now: noon + 20 * minute + 1 }, fence: 8 },
  {
    name: "one that lives, when deadline and skew are over",
    current: held,
    request: { ownerAlive: true, now: noon + 21 * minute },
    fence: 8,
  },
  {
    name: "one of this host whose deadline is over",
    current: held,
    request: { owner: ownerOf("b"), now: noon + 15 * minute + 1 },
    fence: 8,
  },
  {
    name: "a dead owner's, in a state that has gone on",
    current: held,
    request: { ownerAlive: false, generation: 41 },
    fence: 42,
  },
] as const)("acquires $name", ({ current, request: overrides, fence }) => {
  const wanted = request(overrides);
  const at = new Date(wanted.now).toISOString();
  const deadline = new Date(wanted.now + wanted.ttl).toISOString();
  expect(acquire(current, wanted)).toEqual({
    ok: true,
    lease: { owner: wanted.owner, acquiredAt: at, deadline, fence, handOver: false },
  });
});

test.for([
  { name: "while it runs", request: {}, until: "2026-01-01T12:20:00.000Z" },
  { name: "within the skew", request: { now: noon + 20 * minute }, until: "2026-01-01T12:20:00.000Z" },
  {
    name: "from the same run",
    request: { owner: ownerOf("b", { host: "other", run: "run" }) },
    until: "2026-01-01T12:20:00.000Z",
  },
  { name: "from the same pid of the same host", request: { owner: ownerOf("b") }, until: "2026-01-01T12:15:00.000Z" },
  { name: "from an owner that is alive", request: { ownerAlive: true }, until: "2026-01-01T12:20:00.000Z" },
] as const)("does not take over $name", ({ request: overrides, until }) => {
  expect(acquire(held, request(overrides))).toEqual({ ok: false, held, until });
});

test("its owner renews it, with the same fence and the wish to hand over", () => {
  const again = acquire(held, request({ owner: ownerOf("a"), now: noon + 3 * minute }));
  expect(again).toEqual({ ok: true, lease: { ...held, deadline: "2026-01-01T12:18:00.000Z" } });
});

test("a renewal never moves the deadline back", () => {
  expect(renew(held, noon - 60 * minute, minute)).toEqual(held);
});

test.for([
  { now: noon + 10 * minute - 1, skew: 5 * minute, owner: "a", owned: true },
  { now: noon + 10 * minute, skew: 5 * minute, owner: "a", owned: false },
  { now: noon + 15 * minute - 1, skew: 0, owner: "a", owned: true },
  { now: noon + 15 * minute, skew: 0, owner: "a", owned: false },
  { now: noon, skew: 0, owner: "b", owned: false },
])("still owned: $owner at $now with skew $skew: $owned", ({ now, skew, owner, owned }) => {
  expect(stillOwned(held, ownerOf(owner), { now, skew })).toBe(owned);
});

test("an owner gives back its own lease and nobody else's", () => {
  expect(release(held, ownerOf("a"))).toBeNull();
  expect(release(held, ownerOf("b"))).toBe(held);
  expect(release(null, ownerOf("a"))).toBeNull();
  expect(isSameOwner(ownerOf("a", { pid: 1 }), ownerOf("a", { pid: 2 }))).toBe(true);
});

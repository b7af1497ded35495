import { expect, it } from "vitest";

import { destroyable } from "../../src/commands/refusal.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { acceptRemoval } from "../../src/reconciler/accept.ts";
import { snapshotOf } from "../support/planning.ts";
import { recordOf } from "../support/state-values.ts";

it.each([
  { name: "a number", brake: { destroy: 3 }, recorded: 10, may: 3 },
  { name: "a share", brake: { destroy: 100, services: 0.2 }, recorded: 10, may: 2 },
  { name: "the smaller of both", brake: { destroy: 1, services: 0.2 }, recorded: 10, may: 1 },
  { name: "a share that is less than one service", brake: { destroy: 5, services: 0.2 }, recorded: 4, may: 0 },
  { name: "a share of a single service", brake: { destroy: 1, services: 0.2 }, recorded: 1, may: 1 },
])("how many services one run may destroy: $name", ({ brake, recorded, may }) => {
  const records = Array.from({ length: recorded }, (_, index) => recordOf(`s${index}`));
  const going = acceptRemoval(recordOf("going"));
  expect(destroyable({ ...defaultPolicy.brake, ...brake }, snapshotOf(...records, going))).toBe(may);
});

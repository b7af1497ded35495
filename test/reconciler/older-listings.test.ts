import { expect, test } from "vitest";

import { decide } from "../../src/reconciler/decide.ts";
import { allWell, instanceOf, now, policy, settled } from "../support/decisions.ts";

test("a listing that is older than the one that showed a replica running takes no replica out of the routes", () => {
  const record = settled();
  const older = record.replicas.map((replica) => instanceOf(replica, { status: "provisioning", address: null }));
  const observed = allWell(record, { instances: new Map(older.map((each) => [each.token, each])) });
  const { record: next } = decide(record, { observed, policy, now });
  expect(next?.replicas).toEqual(record.replicas);
});

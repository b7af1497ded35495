import { describe, expect, it } from "vitest";

import { defaultPolicy } from "../../src/config/settings.ts";
import { othersOf } from "../../src/reconciler/decide/others.ts";
import { createCalmStage } from "../simulation/calm.ts";
import { now } from "../support/decisions.ts";
import { snapshotOf } from "../support/planning.ts";

const web = "type: service\nname: web\nauth: false\nport: 80\nreplicas: 2\ncommands: [serve]\n";

describe("the money of a service that was destroyed", () => {
  it("counts towards the month's budget of the project", async () => {
    const stage = createCalmStage({
      backend: "cloud",
      times: { run: 120_000, answer: 60_000, end: 1_000 },
      dedupes: true,
      capacity: Infinity,
      policy: { ...defaultPolicy, budget: { hourly: null, monthly: 0.01 } },
    });
    expect((await stage.apply(web)).outcome).toMatchObject({ state: "settled" });
    expect(await stage.apply(null)).toMatchObject({ outcome: { state: "removed" }, record: null });
    const again = await stage.apply(web);
    // Two replicas, at $0.5/h each, until they were gone.
    expect(again.planned.refusal).toMatch(
      /^over budget: the project has cost \$0\.0\d+ in 2023-11, and `policy.budget.monthly` is \$0\.01$/,
    );
    expect(again.record).toBeNull();
  });

  it.each([
    { name: "in its month", month: "2026-01", spent: 5 },
    { name: "no longer than that", month: "2025-12", spent: 0 },
  ])("is what others have cost $name", ({ month, spent }) => {
    expect(othersOf({ ...snapshotOf(), gone: { spent: { month, amount: 5 }, services: [] } }, "web", now).spent).toBe(
      spent,
    );
  });
});

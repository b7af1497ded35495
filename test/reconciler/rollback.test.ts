import { describe, expect, it } from "vitest";

import { acceptRollback, rollbackTargets } from "../../src/reconciler/accept-rollback.ts";
import type { DeploymentRecord, ServiceRecord } from "../../src/state/record.ts";
import { accepted, settled } from "../support/decisions.ts";

const repo = {
  id: "0123456789abcdef",
  url: "https://example.com/a",
  branch: "main",
  commit: "1".repeat(40),
  diff: null,
};
const by = { by: "me", planId: "", now: Date.parse("2026-01-02T00:00:00Z"), generation: 4 };

function edit(record: ServiceRecord, num: number, change: Partial<DeploymentRecord>): ServiceRecord {
  const deployments = record.deployments.map((each) => (each.num === num ? { ...each, ...change } : each));
  return { ...record, deployments };
}

describe("rollbackTargets()", () => {
  it("tells deployments apart by the states of their repositories, too", () => {
    const first = edit(settled(), 0, { repos: [repo] });
    const second = edit(accepted(first), 1, { repos: [{ ...repo, commit: "2".repeat(40) }] });
    expect(rollbackTargets(second).map(({ num }) => num)).toEqual([0]);
    const [wanted] = second.deployments;
    if (wanted === undefined) throw new Error("the first deployment is gone");
    const restored = acceptRollback(second, wanted, by);
    expect(restored.deployments.at(-1)?.repos).toEqual([repo]);
  });

  it("can cancel a run that stands beside the one that serves", () => {
    const beside = accepted(settled(), { auth: true }, "whole-run");
    expect(rollbackTargets(beside).map(({ num }) => num)).toEqual([0]);
  });

  it("has nothing that is what the service runs", () => {
    expect(rollbackTargets(accepted(settled()))).toEqual([]);
  });
});

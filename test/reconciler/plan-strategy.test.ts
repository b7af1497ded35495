import { describe, expect, it } from "vitest";

import type { Policy } from "../../src/config/settings.ts";
import { acceptRevision } from "../../src/reconciler/accept.ts";
import type { PlannedService } from "../../src/reconciler/plan-document.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { service } from "../config/parsing.ts";
import { fresh, now, policy, serving, settled } from "../support/decisions.ts";
import { planOf, snapshotOf } from "../support/planning.ts";
import { revisionOf } from "../support/specs.ts";

function file(command: string): string {
  return `type: service\nname: web\nauth: false\nport: 80\nreplicas: 2\nprobes: [{type: http, url: /health}]\ncommands: [${command}]\n`;
}

const canaries: Policy = { ...policy, rollout: { ...policy.rollout, strategy: "canary" } };

/** One of two replicas has been exchanged for an edit, in the first step of its canary. */
function halfCanary(): ServiceRecord {
  const acceptance = { by: "me", planId: "", now, generation: 4, strategy: "canary" } as const;
  const before = settled(service(file("old")).spec);
  const record = acceptRevision(before, revisionOf(service(file("new")).spec), "where-jobs-differ", acceptance);
  const canary = { step: 0, since: null, replicas: 1, share: null };
  return {
    ...record,
    attempts: 3,
    deployments: record.deployments.map((each) => (each.num === 1 ? { ...each, canary } : each)),
    replicas: [serving(0, 0), fresh(2, 1)],
  };
}

function planned(command: string): PlannedService {
  const [web] = planOf([file(command)], { policy: canaries, snapshot: snapshotOf(halfCanary()) }).services;
  if (web === undefined) throw new Error("web is not planned");
  return web;
}

describe("an edit in the middle of a canary", () => {
  it("that takes it back goes without steps, and the plan says so", () => {
    const { action, strategy, reasons, rehearsal } = planned("old");
    expect({ action, strategy, end: rehearsal?.end }).toEqual({ action: "rolling", strategy: "surge", end: "settled" });
    expect(reasons.find(({ about }) => about === "strategy")?.text).toBe(
      "surge (it brings back what served before, which needs no canary): one new replica at a time is started and must be ready before an old one leaves",
    );
    expect(rehearsal?.timeline.filter(({ detail }) => detail.startsWith("canary step"))).toEqual([]);
  });

  it("that is another one goes in steps of its own", () => {
    const { strategy, rehearsal } = planned("newer");
    expect(strategy).toBe("canary");
    expect(rehearsal?.timeline.filter(({ detail }) => detail.startsWith("canary step"))).not.toEqual([]);
  });
});

describe("draining", () => {
  const said = (services: readonly PlannedService[]) =>
    services.flatMap(({ reasons }) => reasons.filter(({ text }) => text.includes("in flight")).map(({ text }) => text));

  it.each([
    {
      name: "of an exchange",
      files: [file("new")],
      says: [
        "rehearsed with no request in flight: each of the 2 drains ends with the last of its requests, so that each may take up to 30 s (`rollout.drain`)",
      ],
    },
    {
      name: "of a removal of one",
      files: [],
      says: [
        "rehearsed with no request in flight: the drain ends with the last of its requests, so that it may take up to 30 s (`rollout.drain`)",
      ],
    },
    { name: "where none is to be: nothing", files: [file("old")], says: [] },
  ])("$name is said to be rehearsed without requests", ({ files, says }) => {
    const record = settled(service(file("old")).spec);
    const kept = files.length === 0 ? { ...record, replicas: record.replicas.slice(0, 1) } : record;
    expect(said(planOf(files, { snapshot: snapshotOf(kept) }).services)).toEqual(says);
  });
});

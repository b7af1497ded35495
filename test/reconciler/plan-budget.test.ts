import { describe, expect, it } from "vitest";

import type { Budget, Policy } from "../../src/config/settings.ts";
import type { PlannedService } from "../../src/reconciler/plan-document.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { service } from "../config/parsing.ts";
import { offer, policy, settled } from "../support/decisions.ts";
import { planOf, snapshotOf } from "../support/planning.ts";

const lines = "auth: false\nport: 80\nprobes: [{type: http, url: /health, interval: 1s}]\n";

function file(name: string, commands: string, more = "replicas: 2"): string {
  return `type: service\nname: ${name}\n${lines}commands: [${commands}]\n${more}\n`;
}

/** Two replicas of `web` at $1/h. */
const two = recordOf("web");

function recordOf(name: string): ServiceRecord {
  const record = settled(service(file(name, "serve")).spec);
  return { ...record, replicas: record.replicas.map((replica) => ({ ...replica, price: 1 })) };
}

interface Case {
  readonly name: string;
  readonly budget: Partial<Budget>;
  readonly own?: Partial<Budget>;
  readonly files: readonly string[];
  readonly records?: readonly ServiceRecord[];
  readonly refusal: string | null;
}

function limited(budget: Partial<Budget>, own: Partial<Budget> = {}): Policy {
  const { rollout, heal } = policy;
  const none = { hourly: null, monthly: null };
  const services = { web: { rollout, heal, budget: { ...none, ...own } } };
  return { ...policy, budget: { ...none, ...budget }, services };
}

function planned({ budget, own, files, records = [two] }: Omit<Case, "name" | "refusal">): PlannedService {
  const plan = planOf(files, {
    policy: limited(budget, own),
    offer: { ...offer, price: 1 },
    snapshot: snapshotOf(...records),
  });
  const web = plan.services.find(({ name }) => name === "web");
  if (web === undefined) throw new Error("web is not planned");
  return web;
}

const other = recordOf("api");

describe("a plan within budgets", () => {
  it.each<Case>([
    { name: "what fits exactly is done", budget: { hourly: 3 }, files: [file("web", "new")], refusal: null },
    {
      name: "a rollout's second instance counts",
      budget: { hourly: 2 },
      files: [file("web", "new")],
      refusal: "over budget: it would cost up to $3/h, and `policy.budget.hourly` is $2",
    },
    {
      name: "more replicas count",
      budget: { hourly: 3 },
      files: [file("web", "serve", "replicas: 4")],
      refusal: "over budget: it would cost up to $4/h, and `policy.budget.hourly` is $3",
    },
    {
      name: "fewer replicas are never too dear",
      budget: { hourly: 0.5 },
      files: [file("web", "serve", "replicas: 1")],
      refusal: null,
    },
    {
      name: "the others count, those that are to go included",
      budget: { hourly: 4 },
      files: [file("web", "new")],
      records: [two, other],
      refusal: "over budget: it would cost up to $3/h, the others $2/h, and `policy.budget.hourly` is $4",
    },
    {
      name: "others that the same plan creates count",
      budget: { hourly: 4 },
      files: [file("web", "new"), file("api", "serve")],
      refusal: "over budget: it would cost up to $3/h, the others $2/h, and `policy.budget.hourly` is $4",
    },
    {
      name: "others are done one after the other where they have to be",
      budget: { hourly: 5 },
      files: [file("web", "new"), file("api", "new")],
      records: [two, other],
      refusal: null,
    },
    {
      name: "a service's own",
      budget: {},
      own: { hourly: 2.5 },
      files: [file("web", "new")],
      records: [two, other],
      refusal: "over budget: it would cost up to $3/h, and `policy.services.web.budget.hourly` is $2.5",
    },
    {
      name: "nothing is started once the month's money is spent",
      budget: { monthly: 2 },
      files: [file("web", "new")],
      refusal: "over budget: the project has cost $2 in 2026-01, and `policy.budget.monthly` is $2",
    },
  ])("$name", ({ refusal, ...scene }) => {
    const web = planned(scene);
    expect({ refusal: web.refusal, rehearsed: web.rehearsal !== null }).toEqual({
      refusal,
      rehearsed: refusal === null,
    });
  });

  it("says how far scaling may come, and when the month's money ends", () => {
    const scaling = "replicas: 1..8\nscaling: {metric: rps, target: 1}";
    const { reasons, refusal } = planned({
      budget: { hourly: 4, monthly: 100 },
      files: [file("web", "serve", scaling)],
    });
    expect(refusal).toBeNull();
    expect(reasons.filter(({ about }) => about === "budget").map(({ text }) => text)).toEqual([
      "`policy.budget.hourly` of $4 lets scaling come to 4 of at most 8 replicas, at $1/h each: beyond that it waits as `over-budget`",
      "at $1/h the $100 of `policy.budget.monthly` are spent by 2026-01-05: from then on until the month ends nothing of the project is started, replacements included",
    ]);
  });

  it("rehearses what passes do within the budget: the next one is asked for once the last one is gone", () => {
    const events = (hourly: number | null): readonly string[] => {
      const rehearsal = planned({ budget: { hourly }, files: [file("web", "new")] }).rehearsal;
      const shown = rehearsal?.timeline.filter(({ event }) => event === "wait" || event === "verdict") ?? [];
      return shown.map(({ event }) => event);
    };
    expect(events(3)).toEqual([]);
    expect(events(null)).toEqual(["wait"]);
  });
});

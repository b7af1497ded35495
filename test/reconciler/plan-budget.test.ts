import { describe, expect, it } from "vitest";

import type { Budget, Policy, RolloutPolicy } from "../../src/config/settings.ts";
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
  /** Absent: `surge`. */
  readonly strategy?: RolloutPolicy["strategy"];
  readonly files: readonly string[];
  readonly records?: readonly ServiceRecord[];
  readonly refusal: string | null;
}

function limited({ budget, own = {}, strategy = "surge" }: Pick<Case, "budget" | "own" | "strategy">): Policy {
  const rollout = { ...policy.rollout, strategy };
  const none = { hourly: null, monthly: null };
  const services = { web: { rollout, heal: policy.heal, budget: { ...none, ...own } } };
  return { ...policy, rollout, budget: { ...none, ...budget }, services };
}

function planned({ files, records = [two], ...limits }: Omit<Case, "name" | "refusal">): PlannedService {
  const plan = planOf(files, {
    policy: limited(limits),
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

  it.each<Omit<Case, "refusal"> & { readonly strategy: "auto" | "stop-first"; readonly shown: string | null }>([
    { name: "what fits is surged", strategy: "auto", budget: { hourly: 3 }, files: [file("web", "new")], shown: null },
    {
      name: "a budget of exactly what runs",
      strategy: "auto",
      budget: { hourly: 2 },
      files: [file("web", "new")],
      shown:
        "stop-first (the budget of $2/h has no room for another replica): an old replica leaves before its successor is started, one at a time; at least 1 of 2 serve meanwhile",
    },
    {
      name: "a service's own",
      strategy: "auto",
      budget: { hourly: 9 },
      own: { hourly: 2.5 },
      files: [file("web", "new")],
      shown:
        "stop-first (the budget of $2.5/h has no room for another replica): an old replica leaves before its successor is started, one at a time; at least 1 of 2 serve meanwhile",
    },
    {
      name: "what others of the same plan will cost",
      strategy: "auto",
      budget: { hourly: 4 },
      files: [file("web", "new"), file("api", "serve")],
      shown:
        "stop-first (the budget of $4/h has no room for another replica): an old replica leaves before its successor is started, one at a time; at least 1 of 2 serve meanwhile",
    },
    {
      name: "a whole run",
      strategy: "auto",
      budget: { hourly: 3 },
      files: [file("web", "serve", "replicas: 2\nauth: true").replace("auth: false\n", "")],
      shown:
        "stop-first (the budget of $3/h has no room for 2 more replicas): the edit cannot be rolled, and there is no room for a whole new run: one old replica at a time makes room for a new one, and the new run takes over once it serves as much as is left of the old one; at least 1 of 2 serve meanwhile",
    },
    {
      name: "as the policy says",
      strategy: "stop-first",
      budget: { hourly: 2 },
      files: [file("web", "new")],
      shown:
        "stop-first (as the policy says): an old replica leaves before its successor is started, one at a time; at least 1 of 2 serve meanwhile",
    },
  ])("is exchanged where there is no money for a second one: $name", ({ shown, ...scene }) => {
    const web = planned(scene);
    expect(web.refusal).toBeNull();
    expect(web.rehearsal).toMatchObject({ end: "settled" });
    const [strategy] = web.reasons.filter(({ about }) => about === "strategy");
    if (shown === null) expect(strategy?.text).toMatch(/^surge: /);
    else expect(strategy?.text).toBe(shown);
    expect(web.safety).toBe(web.rehearsal?.fewestServing === 1 ? "reduced" : "kept");
  });

  it("is refused where stopping one pays for nothing", () => {
    const dear = { strategy: "auto", files: [file("web", "new")] } as const;
    expect(planned({ ...dear, budget: { hourly: 1.5 } }).refusal).toContain("over budget: it would cost up to $3/h");
    const spent = "over budget: the project has cost $2 in 2026-01, and `policy.budget.monthly` is $2";
    expect(planned({ ...dear, budget: { monthly: 2 } }).refusal).toBe(spent);
    expect(planned({ ...dear, strategy: "stop-first", budget: { monthly: 2 } }).refusal).toBe(spent);
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

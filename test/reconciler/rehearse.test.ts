import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRemoval } from "../../src/reconciler/accept.ts";
import type { Rehearsal } from "../../src/reconciler/rehearsal.ts";
import { rehearse } from "../../src/reconciler/rehearse.ts";
import { timelineText } from "../../src/report/timeline-text.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, now, offer, policy, settled } from "../support/decisions.ts";
import { healthProbe } from "../support/specs.ts";

const machine = { ...offer, backend: "cloud", price: 0.5 };

/** Replicas that serve, at half a dollar an hour each, whose last starts took 40 s and 20 s. */
function renting(replicas = 2, starts: ServiceRecord["starts"] = [{ run: 40, ready: 20 }]): ServiceRecord {
  const record = settled({ replicas: { min: replicas, max: replicas } });
  const rented = record.replicas.map((replica) => ({ ...replica, backend: "cloud", price: 0.5 }));
  return { ...record, starts, replicas: rented };
}

function rehearsed(record: ServiceRecord, offers = [machine]): Rehearsal {
  return rehearse(record, { policy, now, offers });
}

/** Events with their times, without who and why. */
function steps({ timeline }: Rehearsal): string {
  return timeline.map(({ at, event, replica }) => `${at} ${event}${replica === null ? "" : ` ${replica}`}`).join(", ");
}

describe("the times of a rehearsal", () => {
  const probes = [{ ...healthProbe, interval: 10, ready_after: 3 }];
  it.each<{ name: string; record: ServiceRecord; backend: string; ready: number; basis: string }>([
    {
      name: "a process of this machine, where nothing is recorded",
      record: accepted(null),
      backend: "local",
      ready: 5,
      basis: "assumed, for no start is recorded: 1 s to run, 4 s to ready on local",
    },
    {
      name: "a machine, where nothing is recorded",
      record: accepted(null),
      backend: "runpod",
      ready: 180,
      basis: "assumed, for no start is recorded: 2 m to run, 1 m to ready on runpod",
    },
    {
      name: "a start that probes draw out",
      record: accepted(null, { probes }),
      backend: "local",
      ready: 25,
      basis: "assumed, for no start is recorded: 1 s to run, 24 s to ready on local",
    },
    {
      name: "one recorded start",
      record: { ...accepted(null), starts: [{ run: 41, ready: 130 }] },
      backend: "runpod",
      ready: 171,
      basis: "from the last start: 41 s to run, 2 m 10 s to ready",
    },
    {
      name: "the medians of recorded starts",
      record: { ...accepted(null), starts: [40, 41, 900].map((run) => ({ run, ready: 4 })) },
      backend: "runpod",
      ready: 45,
      basis: "from the last 3 starts: 41 s to run, 4 s to ready",
    },
    {
      name: "recorded starts, with probes that now ask for more",
      record: { ...accepted(null, { probes }), starts: [{ run: 1, ready: 6, probing: 2 }] },
      backend: "runpod",
      ready: 25,
      basis: "from the last start: 1 s to run, 24 s to ready",
    },
  ])("are those of $name", ({ record, backend, ready, basis }) => {
    const rehearsal = rehearsed(record, [{ ...offer, backend }]);
    expect(rehearsal.timeline.find((event) => event.event === "ready")?.at).toBe(ready);
    expect(rehearsal.basis).toBe(basis);
  });
});

describe("what a rollout costs", () => {
  it("is told as capacity and $/h over time, and as dollars beside the usual rate", () => {
    const rehearsal = rehearsed(accepted(renting(), { commands: ["new"] }));
    expect(rehearsal.points).toEqual([
      { at: 0, serving: 2, instances: 3, price: 1.5 },
      { at: 60, serving: 3, instances: 3, price: 1.5 },
      { at: 61, serving: 2, instances: 3, price: 1.5 },
      { at: 123, serving: 2, instances: 2, price: 1 },
    ]);
    expect(rehearsal.extraCost).toBeCloseTo((0.5 * 123) / 3600, 5);
    expect(rehearsal.reducedSeconds).toBe(0);
  });

  it("is nothing where what is added stays", () => {
    expect(rehearsed(accepted(renting(), { replicas: { min: 4, max: 4 } })).extraCost).toBe(0);
  });
});

describe("the worst case", () => {
  it("is a new replica that turns bad after an old one has left for it", () => {
    expect(rehearsed(accepted(renting(), { commands: ["new"] })).worst).toEqual({
      failure: { kind: "turns-bad", replica: 2, deployment: 1, at: 61 },
      end: "failed",
      fewestServing: 1,
      reducedSeconds: 64,
      extraSeconds: 3,
    });
  });

  it("is a new replica's end where no probe would show that it is bad", () => {
    const { worst } = rehearsed(accepted(renting(), { commands: ["new"], probes: [] }));
    expect(worst).toMatchObject({ failure: { kind: "dies", deployment: 1 }, end: "failed" });
  });

  it("is an old replica's end where nothing old leaves", () => {
    const { worst } = rehearsed(accepted(renting(), { replicas: { min: 3, max: 3 } }));
    expect(worst).toMatchObject({ failure: { kind: "dies", deployment: 1, at: 0 }, fewestServing: 1, end: "settled" });
  });

  it.each([
    { name: "nothing serves yet", record: accepted(null) },
    { name: "nothing is started", record: accepted(renting(3), { replicas: { min: 1, max: 1 } }) },
    { name: "everything is to go", record: acceptRemoval(renting()) },
  ])("is not asked for where $name", ({ record }) => {
    expect(rehearsed(record).worst).toBeNull();
  });
});

describe("an offer's headroom", () => {
  const whole = (record: ServiceRecord) => accepted(record, { commands: ["new"] }, "whole-run");

  it("limits how many exist at once", () => {
    const rehearsal = rehearsed(whole(renting()), [{ ...machine, headroom: 1 }]);
    // It is given up in the end, which the plan shows.
    expect([rehearsal.end, rehearsal.peak]).toEqual(["failed", 3]);
    expect(rehearsed(whole(renting()), [{ ...machine, headroom: 2 }]).end).toBe("settled");
  });

  it("comes back with an instance that has gone", () => {
    const rolling = rehearsed(accepted(renting(3), { commands: ["new"], replicas: { min: 3, max: 3 } }), [
      { ...machine, headroom: 1 },
    ]);
    expect([rolling.end, rolling.peak]).toEqual(["settled", 4]);
  });

  it("leaves the next offer where the first is used up", () => {
    const dear = { ...machine, region: "far", price: 0.9 };
    const rehearsal = rehearsed(accepted(renting(1), { replicas: { min: 3, max: 3 } }), [
      { ...machine, headroom: 1 },
      dear,
    ]);
    expect(rehearsal.end).toBe("settled");
    expect(rehearsal.points.at(-1)?.price).toBeCloseTo(0.5 + 0.5 + 0.9);
  });

  it("is none where nothing is offered while replicas run: as many as exist can", () => {
    const rehearsal = rehearsed(accepted(renting(), { commands: ["new"] }), []);
    expect([rehearsal.end, rehearsal.fewestServing, steps(rehearsal)]).toEqual([
      "failed",
      2,
      "0 verdict, 3600 verdict, 3600 note",
    ]);
    const replaced = renting();
    const [first, second] = replaced.replicas;
    const at = toTimestamp(now - 60_000);
    const leaving = { reason: "replaced", since: at, drainUntil: at } as const;
    const record = accepted(replaced, { commands: ["new"] });
    const replicas = [first, second].flatMap((replica) => (replica === undefined ? [] : [replica]));
    const freed = rehearsed(
      {
        ...record,
        replicas: replicas.map((replica) =>
          replica.num === 0 ? { ...replica, status: "terminating", termination: leaving } : replica,
        ),
      },
      [],
    );
    expect(steps(freed)).toContain("1 provision 0");
  });
});

describe("timelineText()", () => {
  it("tells in sum, at worst, and moment by moment", () => {
    const rehearsal = rehearsed(accepted(renting(), { commands: ["new"] }));
    expect(timelineText(rehearsal, false).join("\n").split("\n")).toEqual([
      "  Rehearsed: 2m 3s, at most 3 instances at once, never fewer than 2 serving, $0.0171 beside the usual rate",
      "  At worst, if replica 2 of deployment 1 begins to fail its probes at +1m 1s: 1 serving at the least (too few for 1m 4s), 3s longer, and it goes back",
      " AT      WHAT                                                SERVING  INSTANCES  $/H",
      " +0s     provision replica 2 of deployment 1                 2        3          $1.5",
      " +1m     ready replica 2 of deployment 1: probes passed      3        3          $1.5",
      " +1m 1s  replica 2 of deployment 1: kept its probes for 1 s",
      "         drain replica 1 of deployment 0: replaced           2        3          $1.5",
      " +1m 2s  terminate replica 1 of deployment 0: ended",
      "         provision replica 1 of deployment 1                 2        3          $1.5",
      " +2m 2s  ready replica 1 of deployment 1: probes passed",
      "         drain replica 0 of deployment 0: replaced           2        3          $1.5",
      " +2m 3s  terminate replica 0 of deployment 0: ended",
      "         deployment 1 has settled                            2        2          $1",
    ]);
  });

  it("shows the beginning and the end of a long one, and everything with --verbose", () => {
    const rehearsal = rehearsed(accepted(renting(5), { commands: ["new"], replicas: { min: 5, max: 5 } }));
    const drawn = timelineText(rehearsal, false).join("\n");
    expect(drawn).toContain("5 more moments; --verbose shows all");
    expect(drawn.split("\n").at(-1)).toContain("deployment 1 has settled");
    expect(timelineText(rehearsal, true).join("\n")).not.toContain("more moments");
  });
});

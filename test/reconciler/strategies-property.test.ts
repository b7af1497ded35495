import { type Arbitrary, array, assert, boolean, constantFrom, integer, property, record as shape } from "fast-check";
import { expect, it } from "vitest";

import { defaultPolicy, type Policy } from "../../src/config/settings.ts";
import { acceptRevision, servingDeployment } from "../../src/reconciler/accept.ts";
import type { Action, Decision } from "../../src/reconciler/decide.ts";
import { isServing } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { now, settled } from "../support/decisions.ts";
import { follow, type Manner, type WatchedPass } from "../support/small-world.ts";
import { revisionOf } from "../support/specs.ts";

type Of<T> = T extends Arbitrary<infer Value> ? Value : never;

const manners = {
  well: {},
  slow: { readyAfter: 40 },
  "never ready": { readyAfter: Infinity },
  "turns bad": { sickAfter: 15 },
} as const;

const happening = shape({
  /** Seconds after the one before. */
  after: constantFrom(0, 1, 3, 5, 8, 13, 30, 60, 200, 900),
  what: constantFrom("edit", "edit", "whole-run", "scale", "revert", "death", "death"),
  strategy: constantFrom("surge", "stop-first", "blue-green", "canary"),
  count: integer({ min: 1, max: 4 }),
  manner: constantFrom("well", "well", "slow", "never ready", "turns bad"),
});
type Happening = Of<typeof happening>;

const scenario = shape({
  count: integer({ min: 1, max: 4 }),
  happenings: array(happening, { minLength: 1, maxLength: 5 }),
  /** Room for more instances than there are at first. */
  room: constantFrom(0, 0, 1, 2, 9),
  /** Whether there is room for everything in the end. */
  relief: boolean(),
  says: boolean(),
  dedupes: constantFrom(true, true, false),
  /** Seconds from one run of passes to the next; the first of them has no answers of probes yet. */
  pace: constantFrom(1, 1, 7, 60, 600),
  pause: constantFrom(5, 60),
  share: constantFrom(null, 0.1, 0.5),
  hold: constantFrom(0, 30),
});
type Scenario = Of<typeof scenario>;

it("no strategy costs more than it says, nor is ever left half done, whatever happens meanwhile", () => {
  const check = property(scenario, (one) => {
    const { course, last, late, isBad } = play(one);
    // Without room for everything, or with what fails its probes since it settled, it is never over; but nothing is stopped any more.
    const goesBack = course.record.current !== course.record.target?.deployment;
    const goesOn = course.state === "working" || (course.state === "waiting" && goesBack);
    if (goesOn && (isBad || !one.relief)) {
      expect(isBad ? [] : late).toEqual([]);
      return;
    }
    // What is only short of replicas goes on asking, and is not half done.
    const { replicas, current: now } = course.record;
    const isShort = course.state === "waiting" && replicas.every(({ deployment }) => deployment === now);
    if (!isShort) expect(["settled", "failed"]).toContain(course.state);
    expect(last).toMatchObject({ actions: [], notes: [], record: course.record });
    const { target, verdict, current } = course.record;
    if (!isBad && one.room > 8) expect({ current, verdict }).toEqual({ current: target?.deployment, verdict: null });
  });
  assert(check, { numRuns: 100, seed: 1 });
});

function play(one: Scenario) {
  const due = timed(one.happenings);
  const over = Math.max(...due.map(({ at }) => at));
  const mannersOf = new Map<number, Happening["manner"]>();
  const isWhole = one.happenings.some(({ what, strategy }) => what === "whole-run" || strategy === "blue-green");
  let most = one.count;
  let again: () => Decision | null = () => null;
  const late: Action[] = [];
  const course = follow(
    settled({ replicas: { min: one.count, max: one.count } }),
    {
      capacity: (second) => (one.relief && second > over + 3000 ? 30 : one.count + one.room),
      says: one.says,
      dedupes: one.dedupes,
      policy: policyOf(one),
      manner: (num): Manner => manners[mannersOf.get(num) ?? "well"],
      until: over + 3001,
      pace: (second) => paceOf(one.pace, second - over, second % one.pace),
      sees: (second) => one.pace < 60 || second > over + 400 || second % one.pace > 1,
      befalls(second, before) {
        const these = due.splice(0, due.filter(({ at }) => at <= second).length);
        const gone = these.flatMap(({ what, count }) => {
          const victim = what === "death" ? before.replicas.filter(isServing)[count - 1] : undefined;
          return victim === undefined ? [] : [victim.token];
        });
        const edits = these.filter(({ what }) => what !== "death");
        return { record: edits.reduce((record, edit) => edited(record, edit, second), before), gone };
      },
      watch(pass) {
        most = Math.max(most, desiredReplicas(pass.record));
        expectNeverWorse(pass, isWhole ? 2 * (most + 1) : most + 1, one.count);
        if (pass.second > over + 4500) late.push(...pass.decision.actions.filter(({ kind }) => kind === "terminate"));
        again = pass.again;
      },
    },
    over + 6000,
  );
  const isBad = [...mannersOf.values()].some((manner) => manner === "never ready" || manner === "turns bad");
  return { course, last: again(), late, isBad };

  function edited(record: ServiceRecord, edit: Happening, second: number): ServiceRecord {
    const newest = record.deployments.at(-1) ?? servingDeployment(record);
    const settledOne = record.deployments.find(({ settledAt }) => settledAt !== null) ?? newest;
    const num = newest.num + 1;
    const replicas = { min: edit.count, max: edit.count };
    const specs = {
      scale: { as: newest.num, spec: { ...newest.spec, replicas } },
      revert: { as: settledOne.num, spec: settledOne.spec },
      other: { as: num, spec: { ...newest.spec, commands: [`new ${num}`] } },
    };
    const { as, spec } = edit.what === "scale" || edit.what === "revert" ? specs[edit.what] : specs.other;
    mannersOf.set(num, as === num ? edit.manner : (mannersOf.get(as) ?? "well"));
    const isBeside = edit.what === "whole-run" || (edit.what === "edit" && edit.strategy === "blue-green");
    return acceptRevision(record, revisionOf(spec), isBeside ? "whole-run" : "where-jobs-differ", {
      by: "me",
      planId: "",
      now: now + second * 1000,
      generation: 4,
      // What exchanges nothing says nothing of how.
      ...(edit.what === "scale" ? {} : { strategy: isBeside && edit.strategy === "canary" ? "surge" : edit.strategy }),
    });
  }
}

function expectNeverWorse(pass: WatchedPass, bound: number, first: number): void {
  const { second, record, before, after, instances } = pass;
  const floor = Math.min(record.target?.floor ?? 0, desiredReplicas(record));
  if (after < before && after < floor) throw new Error(`at ${second}: ${before} served, ${after} serve, not ${floor}`);
  if (instances > Math.max(bound, first)) throw new Error(`at ${second}: ${instances} instances, and not ${bound}`);
}

function timed(happenings: readonly Happening[]): (Happening & { readonly at: number })[] {
  let at = 0;
  return happenings.map((each) => {
    at += each.after;
    return { ...each, at };
  });
}

/** A few passes, second by second, and then none for a while; seldom while all there is to wait for is time. */
function paceOf(pace: number, sinceLast: number, within: number): number {
  if (sinceLast > 400 && sinceLast < 2990) return 40;
  return within < 6 || sinceLast > 3600 ? 1 : pace - within;
}

function policyOf({ hold, pause, share }: Scenario): Policy {
  const canary = { ...defaultPolicy.rollout.canary, steps: [{ replicas: share === null ? 1 : null, share, pause }] };
  const rollout = { ...defaultPolicy.rollout, bake: 3, drain: 0, startup: 60, deadline: 300, hold, canary };
  return { ...defaultPolicy, rollout };
}

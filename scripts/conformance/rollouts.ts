import { z } from "zod";

import { decide } from "../../src/reconciler/decide.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Answerer } from "./case.ts";
import { skipped, value } from "./case.ts";
import { earlier, now, policy, replicaGiven, revised, seen } from "./given.ts";
import { skips } from "./skips.ts";

const status = z.enum(["submitted", "provisioning", "pulling", "running", "terminating", "terminated", "failed"]);

const replica = z.object({
  num: z.number(),
  status,
  serving: z.boolean(),
  deployment: z.number(),
  group: z.string().optional(),
});

const step = z.object({
  desired: z.record(z.string(), z.number()),
  deployment: z.number(),
  replicas: z.array(replica),
  spec_unchanged_for: z.array(z.number()).default([]),
});

const trace = z.object({ desired: z.number(), ticks_to_ready: z.number(), ticks_to_terminate: z.number() });

type Step = z.infer<typeof step>;
type Given = z.infer<typeof replica>;

/** One pass over replicas as they are, or a whole rollout in ticks. */
export function rolloutAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("trace/")) return value(traced(trace.parse(input)));
  const given = step.parse(input);
  if (given.replicas.some(({ group }) => group !== undefined)) return skipped(skips.laterOnly.reason);
  return value(passed(given));
}

/** What one pass does, in the reference's terms. */
function passed(given: Step): Readonly<Record<string, unknown>> {
  const before = recordOf(given);
  const after = decide(before, { observed: observedOf(given, before), policy, now }).record ?? before;
  const known = new Set(given.replicas.map(({ num }) => num));
  const tokens = new Set(before.replicas.map(({ token }) => token));
  const started = after.replicas.filter(({ token }) => !tokens.has(token)).map(({ num }) => num);
  const left = after.replicas.filter(
    (each) =>
      each.status === "terminating" &&
      before.replicas.some(({ token, status: was }) => token === each.token && was !== "terminating"),
  );
  const renumbered = after.replicas.filter(
    (each) =>
      each.deployment === before.current &&
      before.replicas.some((old) => old.token === each.token && old.deployment !== each.deployment),
  );
  return {
    start_new: started.filter((num) => !known.has(num)),
    resubmit: started.filter((num) => known.has(num)),
    terminate: left.map(({ num }) => num),
    // Superseded, replaced and scaled down are one thing there.
    termination_reason: [...new Set(left.map(() => "scaled_down"))],
    mark_up_to_date: renumbered.map(({ num }) => num),
  };
}

/** Deployment 0 runs what the current one changes, deployment 1 what it leaves as it was; the current one is number 2 after both. */
function recordOf({ desired, deployment, replicas, spec_unchanged_for: unchanged }: Step): ServiceRecord {
  const count = desired["0"] ?? 0;
  const old = revised(null, { replicas: count, commands: ["old"] });
  const same = revised(proven(old), { replicas: count, commands: ["new"] });
  const current = deployment === 0 ? old : revised(proven(same), { replicas: count, commands: ["new"] });
  const numberOf = ({ num, deployment: of }: Given): number =>
    of === deployment ? current.current : unchanged.includes(num) ? same.current : old.current;
  return {
    ...current,
    deployments: current.deployments.map((each) => ({ ...each, bakedAt: earlier })),
    attempts: replicas.length,
    replicas: replicas.filter((each) => each.status !== "terminated").map((each) => replicaGiven(each, numberOf(each))),
  };
}

/** All that was accepted so far has settled. */
function proven(record: ServiceRecord): ServiceRecord {
  return { ...record, deployments: record.deployments.map((each) => ({ ...each, settledAt: earlier })) };
}

/** Everything is where it was; what serves answers its probes, what does not has not answered yet. */
function observedOf(given: Step, record: ServiceRecord): Observed {
  const answers = new Map(given.replicas.map(({ num, serving }) => [num, serving]));
  return seen(record, {
    probes: new Map(
      record.replicas
        .filter(({ instance }) => instance !== null)
        .map(({ token, num }) => [token, answers.get(num) === true ? [{ successes: 1, failures: 0, last: null }] : []]),
    ),
  });
}

/** Tick by tick: what is started serves `ticks_to_ready` later, what is ended is gone `ticks_to_terminate` later. */
function traced({ desired, ticks_to_ready: toReady, ticks_to_terminate: toEnd }: z.infer<typeof trace>): unknown {
  let replicas: readonly (Given & { readonly at: number })[] = Array.from({ length: desired }, (_, num) => ({
    num,
    status: "running",
    serving: true,
    deployment: 0,
    at: -1,
  }));
  const actions: Readonly<Record<string, unknown>>[] = [];
  for (let tick = 0; tick < 100; tick += 1) {
    const done = z
      .object({ start_new: z.array(z.number()), resubmit: z.array(z.number()), terminate: z.array(z.number()) })
      .parse(passed({ desired: { "0": desired }, deployment: 1, replicas: [...replicas], spec_unchanged_for: [] }));
    const acted = Object.entries(done).filter(([, nums]) => nums.length > 0);
    if (acted.length > 0) actions.push({ tick, ...Object.fromEntries(acted) });
    const started = [...done.start_new, ...done.resubmit];
    replicas = [
      ...replicas
        .filter(({ num }) => !started.includes(num))
        .map((each) =>
          done.terminate.includes(each.num)
            ? { ...each, status: "terminating" as const, serving: false, at: tick }
            : each,
        ),
      ...started.map((num) => ({ num, status: "provisioning" as const, serving: false, deployment: 1, at: tick })),
    ].map((each) => advanced(each, { tick, toReady, toEnd }));
    const alive = replicas.filter(({ status: is }) => is !== "terminated");
    if (alive.length === desired && alive.every(({ serving, deployment }) => serving && deployment === 1))
      return { ticks: tick + 1, actions, final_replica_nums: alive.map(({ num }) => num).toSorted((a, b) => a - b) };
  }
  return { ticks: 100, actions, final_replica_nums: [] };
}

function advanced(
  each: Given & { readonly at: number },
  { tick, toReady, toEnd }: { readonly tick: number; readonly toReady: number; readonly toEnd: number },
): Given & { readonly at: number } {
  if (each.status === "provisioning" && tick >= each.at + toReady - 1)
    return { ...each, status: "running", serving: true };
  return each.status === "terminating" && tick >= each.at + toEnd ? { ...each, status: "terminated" } : each;
}

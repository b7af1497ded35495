import { z } from "zod";

import type { Offer } from "../../src/backends/backend.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRevision } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import type { Answerer } from "./case.ts";
import { skipped, value } from "./case.ts";
import { readConfiguration } from "./parsing.ts";
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

const now = Date.parse("2026-01-01T12:00:00Z");
const earlier = toTimestamp(now - 3_600_000);
/** Without a bake and without draining, which the reference does not have. */
const policy = { ...defaultPolicy, rollout: { ...defaultPolicy.rollout, bake: 0, drain: 0 } };
const offer: Offer = {
  backend: "local",
  region: "local",
  instance: "localhost",
  resources: "",
  spot: false,
  price: 0,
  availability: "available",
};

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
  const old = revised(null, count, "old");
  const same = revised(old, count, "new");
  const current = deployment === 0 ? old : revised(same, count, "new");
  const proven = current.deployments.map((each) => ({
    ...each,
    bakedAt: earlier,
    settledAt: each.num === current.current ? null : earlier,
  }));
  const numberOf = ({ num, deployment: of }: Given): number =>
    of === deployment ? current.current : unchanged.includes(num) ? same.current : old.current;
  return {
    ...current,
    deployments: proven,
    attempts: replicas.length,
    replicas: replicas.filter((each) => each.status !== "terminated").map((each) => replicaOf(each, numberOf(each))),
  };
}

function revised(record: ServiceRecord | null, count: number, command: string): ServiceRecord {
  const { spec } = readConfiguration({
    type: "service",
    name: "web",
    port: 80,
    image: "x",
    commands: [command],
    replicas: count,
  });
  if (spec === null) throw new Error("the configuration of rollouts is invalid");
  const revision = { spec, fingerprint: command, files: [], file: "", commit: null };
  return acceptRevision(record, revision, "where-jobs-differ", { by: "", planId: "", now: now - 1000, generation: 1 });
}

function replicaOf({ num, status: is, serving }: Given, deployment: number): ReplicaRecord {
  const running = is === "running" || is === "terminating";
  return {
    num,
    deployment,
    token: `web-1-${num}`,
    status: is,
    backend: offer.backend,
    region: offer.region,
    price: 0,
    instance: is === "submitted" ? null : `i-${num}`,
    address: null,
    submittedAt: is === "submitted" ? toTimestamp(now) : earlier,
    runningAt: running ? earlier : null,
    readyAt: serving ? earlier : null,
    termination: is === "terminating" ? { reason: "scaled-down", since: earlier, drainUntil: earlier } : null,
    error: null,
    failures: 0,
  };
}

/** Everything is where it was; what serves answers its probes, what does not has not answered yet. */
function observedOf(given: Step, record: ServiceRecord): Observed {
  const there = record.replicas.filter(({ instance }) => instance !== null);
  const answers = new Map(given.replicas.map(({ num, serving }) => [num, serving]));
  return {
    instances: new Map(
      there.map((each) => [
        each.token,
        {
          ...each,
          instance: each.instance ?? "",
          stateId: "",
          service: record.name,
          replica: each.num,
          status:
            each.status === "running" || each.status === "pulling"
              ? each.status
              : each.status === "terminating"
                ? "terminating"
                : "provisioning",
          exitCode: null,
          startedAt: null,
        },
      ]),
    ),
    blind: new Map(),
    visibility: new Map([[offer.backend, 1_000]]),
    // As there, a successor is asked for once its predecessor is gone, not announced before.
    dedupes: new Map([[offer.backend, false]]),
    probes: new Map(
      there.map(({ token, num }) => [
        token,
        answers.get(num) === true ? [{ successes: 1, failures: 0, last: null }] : [],
      ]),
    ),
    drained: new Set(),
    unpublished: false,
    outcomes: new Map(),
    load: null,
    traffic: new Map(),
    supply: { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: [] },
  };
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

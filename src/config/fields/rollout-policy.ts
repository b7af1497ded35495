import { formatDuration } from "../duration.ts";
import { list } from "../schema/composite.ts";
import { integer, number } from "../schema/numbers.ts";
import { type Fields, object } from "../schema/object.ts";
import { refuse } from "../schema/schema.ts";
import { nullable, oneOf, transform } from "../schema/words.ts";
import type { CanaryStep, HealPolicy, RolloutPolicy } from "../settings.ts";
import { defaultPolicy } from "../settings.ts";
import { duration, notNegative } from "./duration.ts";
import { share } from "./share.ts";

/** How a change is rolled out, as it is written. */
export interface WrittenRollout extends Omit<RolloutPolicy, "failureThreshold" | "canary"> {
  readonly failure_threshold: number;
  readonly canary: WrittenCanary;
}

export interface WrittenCanary {
  readonly steps: readonly CanaryStep[];
  readonly max_error_rate: number;
  readonly max_latency: number;
  readonly min_requests: number;
}

export interface WrittenHeal {
  readonly unhealthy_after: HealPolicy["unhealthyAfter"];
  readonly unreachable_after: HealPolicy["unreachableAfter"];
}

const { rollout, heal } = defaultPolicy;

export const writtenDefaultCanary: WrittenCanary = {
  steps: rollout.canary.steps,
  max_error_rate: rollout.canary.maxErrorRate,
  max_latency: rollout.canary.maxLatency,
  min_requests: rollout.canary.minRequests,
};

const step = transform(
  object<CanaryStep>({
    replicas: {
      schema: nullable(integer({ min: 1 })),
      default: null,
      description: "How many new replicas serve at this step.",
      example: 1,
    },
    share: {
      schema: nullable(share),
      default: null,
      description: "Which share of the requests the new replicas get at this step, instead of a number of them.",
      example: "10%",
    },
    pause: {
      schema: notNegative,
      default: 300,
      writtenDefault: "5m",
      description: "How long the step is watched before the next one.",
      example: "10m",
    },
  }),
  (read, at) =>
    (read.replicas === null) === (read.share === null) || read.share === 0
      ? refuse(at, "a step has either `replicas` or a `share` above 0%")
      : read,
);

const canary = object<WrittenCanary>({
  steps: {
    schema: list(step, { minItems: 1, maxItems: 20 }),
    default: writtenDefaultCanary.steps,
    description: "The steps before everything is exchanged; by default one new replica for 5 minutes.",
    example: [
      { replicas: 1, pause: "5m" },
      { share: "50%", pause: "10m" },
    ],
  },
  max_error_rate: {
    schema: share,
    default: writtenDefaultCanary.max_error_rate,
    writtenDefault: "5%",
    description: "By how much more of its requests than the running version a canary may fail.",
    example: "1%",
  },
  max_latency: {
    schema: number({ min: 1 }),
    default: writtenDefaultCanary.max_latency,
    description: "How many times as long as the running version's a canary's mean request may take.",
    example: 1.5,
  },
  min_requests: {
    schema: integer({ min: 1 }),
    default: writtenDefaultCanary.min_requests,
    description: "Requests that a canary must have had for its errors and latency to count.",
    example: 100,
  },
});

/** How a change is rolled out: one entry a property. */
export const rolloutFields: Fields<WrittenRollout> = {
  strategy: {
    schema: oneOf(["auto", "surge", "stop-first", "blue-green", "canary"]),
    default: rollout.strategy,
    description:
      "How a revision takes the place of another: `surge` starts one more at a time, `stop-first` stops one before it starts the next, `blue-green` starts all beside what runs, `canary` goes in watched steps; `auto` surges where a second instance can be had and the hourly budget has room for it, and else stops first.",
    example: "canary",
  },
  bake: {
    schema: nullable(notNegative),
    default: rollout.bake,
    description:
      "How long the first new replica keeps its probes before the first old one leaves; by default one interval of the slowest probe, 5 s without probes.",
    example: "1m",
  },
  drain: {
    schema: notNegative,
    default: rollout.drain,
    writtenDefault: formatDuration(rollout.drain),
    description: "How long draining waits for requests in flight.",
    example: "5m",
  },
  startup: {
    schema: duration({ min: 1 }),
    default: rollout.startup,
    writtenDefault: formatDuration(rollout.startup),
    description: "How long a replica may take from running to ready before it counts as unhealthy.",
    example: "20m",
  },
  provisioning: {
    schema: duration({ min: 1 }),
    default: rollout.provisioning,
    writtenDefault: formatDuration(rollout.provisioning),
    description:
      "How long an instance may take from being asked for to running, its image included, before it is ended and another one is tried.",
    example: "1h",
  },
  failure_threshold: {
    schema: integer({ min: 1 }),
    default: rollout.failureThreshold,
    description: "Probes in a row that a ready replica may fail during a rollout before it counts as unhealthy.",
    example: 3,
  },
  deadline: {
    schema: duration({ min: 1 }),
    default: rollout.deadline,
    writtenDefault: formatDuration(rollout.deadline),
    description:
      "How long a rollout waits for capacity before it is given up and what was changed goes back; the duration of a service's own `retry` for `no-capacity` takes its place.",
    example: "6h",
  },
  hold: {
    schema: notNegative,
    default: rollout.hold,
    writtenDefault: formatDuration(rollout.hold),
    description: "How long the old run of a `blue-green` exchange is kept, ready to take over again.",
    example: "10m",
  },
  canary: {
    schema: canary,
    default: writtenDefaultCanary,
    description: "The steps of a `canary`, and what it is judged by.",
    example: { steps: [{ replicas: 1, pause: "5m" }] },
  },
};

/** When running replicas are replaced: one entry a property. */
export const healFields: Fields<WrittenHeal> = {
  unhealthy_after: {
    schema: nullable(integer({ min: 1 })),
    default: heal.unhealthyAfter,
    description: "Failed probes in a row after which a ready replica is replaced outside a rollout; by default never.",
    example: 5,
  },
  unreachable_after: {
    schema: notNegative,
    default: heal.unreachableAfter,
    writtenDefault: formatDuration(heal.unreachableAfter),
    description: "How long a replica's host may be out of reach before the replica is replaced.",
    example: "5m",
  },
};

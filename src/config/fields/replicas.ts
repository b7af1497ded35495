/** How many replicas there are, and how that follows the load. */

import { integer, number } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type Field, refuse, type Schema } from "../schema/schema.ts";
import { nullable, oneOf, transform } from "../schema/words.ts";
import type { ReplicaRange, ScalingSpec, ServiceSpec } from "../spec.ts";
import { duration } from "./duration.ts";
import { integerRange, minMaxJson } from "./range.ts";

/** The reference has no limit; what a plan rehearses and a pass does takes time for each replica. */
const maxReplicas = 1000;

const replicaRange: Schema<ReplicaRange> = transform(
  integerRange,
  ({ min, max }, at) => {
    if (max === null) return refuse(at, "The maximum number of replicas is required");
    if ((min ?? 0) < 0) return refuse(at, "The minimum number of replicas must be greater than or equal to 0");
    if (max < 0) return refuse(at, "The maximum number of replicas must be greater than or equal to 0");
    return max > maxReplicas
      ? refuse(at, `expected at most ${maxReplicas} replicas, got ${max}`)
      : { min: min ?? 0, max };
  },
  {
    title: "a number of replicas, or a range such as `1..4`",
    anyOf: [
      { type: ["integer", "string"], minimum: 0, pattern: "^ *(?:[0-9]+ *|(?:[0-9]+ *)?\\.\\. *[0-9]+ *)$" },
      { ...minMaxJson(integer({ min: 0 })), required: ["max"] },
    ],
  },
);

export const replicas: Field<ServiceSpec["replicas"]> = {
  schema: replicaRange,
  default: { min: 1, max: 1 },
  writtenDefault: 1,
  description: "The number of replicas: a number, or a range such as `1..4`, which needs `scaling`.",
  example: 2,
};

const windows = [30, 60, 300];

const scalingSchema = object<ScalingSpec>({
  metric: { schema: oneOf(["rps"]), description: "What is measured: requests per second.", example: "rps" },
  target: {
    schema: number({ above: 0 }),
    description: "The target value of the metric, for each replica.",
    example: 10,
  },
  window: {
    schema: transform(
      duration(),
      (seconds, at) => (windows.includes(seconds) ? seconds : refuse(at, "Window must be one of: 30s, 60s, 300s")),
      { title: "`30s`, `60s` or `300s`", minimum: 30, maximum: 300, pattern: "^(?:(?:30|60|300)(?: *s)?|[15] *m)$" },
    ),
    default: 60,
    writtenDefault: "60s",
    description: "Over how long the metric is measured: `30s`, `60s` or `300s`.",
    example: "60s",
  },
  scale_up_delay: {
    schema: duration(),
    default: 300,
    writtenDefault: "5m",
    description: "How long after the last scaling the service may scale up.",
    example: "5m",
  },
  scale_down_delay: {
    schema: duration(),
    default: 600,
    writtenDefault: "10m",
    description: "How long after the last scaling the service may scale down.",
    example: "10m",
  },
});

export const scaling: Field<ServiceSpec["scaling"]> = {
  schema: nullable(scalingSchema),
  default: null,
  description: "How the number of replicas follows the load. Needs a range of `replicas`.",
  example: { metric: "rps", target: 10 },
};

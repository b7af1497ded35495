import { formatDuration } from "../duration.ts";
import { integer } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { nullable } from "../schema/words.ts";
import type { BrakePolicy, HealPolicy, RolloutPolicy } from "../settings.ts";
import { defaultPolicy } from "../settings.ts";
import { duration, notNegative } from "./duration.ts";

/** The policy as it is written. */
export interface WrittenPolicy {
  readonly rollout: Omit<RolloutPolicy, "failureThreshold"> & { readonly failure_threshold: number };
  readonly heal: { readonly unhealthy_after: HealPolicy["unhealthyAfter"] };
  readonly brake: BrakePolicy;
}

const { rollout, heal, brake } = defaultPolicy;

const defaultRollout: WrittenPolicy["rollout"] = {
  bake: rollout.bake,
  drain: rollout.drain,
  startup: rollout.startup,
  failure_threshold: rollout.failureThreshold,
};

/** What the program may do, and how. */
export const policy = object<WrittenPolicy>(
  {
    rollout: {
      schema: object<WrittenPolicy["rollout"]>({
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
        failure_threshold: {
          schema: integer({ min: 1 }),
          default: rollout.failureThreshold,
          description: "Probes in a row that a ready replica may fail during a rollout before it counts as unhealthy.",
          example: 3,
        },
      }),
      default: defaultRollout,
      description: "How a change is rolled out.",
      example: { bake: "1m", drain: "5m" },
    },
    heal: {
      schema: object<WrittenPolicy["heal"]>({
        unhealthy_after: {
          schema: nullable(integer({ min: 1 })),
          default: heal.unhealthyAfter,
          description:
            "Failed probes in a row after which a ready replica is replaced outside a rollout; by default never.",
          example: 5,
        },
      }),
      default: { unhealthy_after: heal.unhealthyAfter },
      description: "When running replicas are replaced.",
      example: { unhealthy_after: 5 },
    },
    brake: {
      schema: object<WrittenPolicy["brake"]>({
        destroy: {
          schema: integer({ min: 0 }),
          default: brake.destroy,
          description: "How many services one run may destroy without `--allow-destroy`.",
          example: 1,
        },
      }),
      default: brake,
      description: "What needs consent.",
      example: { destroy: 0 },
    },
  },
  { known: { budget: "budgets are not supported yet" } },
);

/** The policy of a settings file that has none. */
export const writtenDefaultPolicy: WrittenPolicy = {
  rollout: defaultRollout,
  heal: { unhealthy_after: heal.unhealthyAfter },
  brake,
};

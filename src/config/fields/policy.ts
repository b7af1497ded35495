import { list, mappingOf } from "../schema/composite.ts";
import { integer, number } from "../schema/numbers.ts";
import { type Fields, object, someOf } from "../schema/object.ts";
import { refuse, type Schema } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { nullable, transform } from "../schema/words.ts";
import type { BrakePolicy, Budget, Policy, SchedulePolicy } from "../settings.ts";
import { defaultPolicy } from "../settings.ts";
import { notNegative } from "./duration.ts";
import {
  healFields,
  rolloutFields,
  writtenDefaultCanary,
  type WrittenHeal,
  type WrittenRollout,
} from "./rollout-policy.ts";
import { share } from "./share.ts";

/** The policy as it is written. */
export interface WrittenPolicy extends Pick<Policy, "budget" | "brake" | "waves"> {
  readonly rollout: WrittenRollout;
  readonly heal: WrittenHeal;
  readonly schedule: { readonly lead: SchedulePolicy["lead"]; readonly catch_up: SchedulePolicy["catchUp"] };
  readonly services: Readonly<Record<string, WrittenServicePolicy>>;
}

/** What a service has of its own; the rest is the project's. */
export interface WrittenServicePolicy {
  readonly rollout: Partial<WrittenRollout>;
  readonly heal: Partial<WrittenHeal>;
  readonly budget: Budget;
}

const { rollout, heal, schedule, budget, brake } = defaultPolicy;

/** The policy of a settings file that has none. */
export const writtenDefaultPolicy: WrittenPolicy = {
  rollout: {
    strategy: rollout.strategy,
    bake: rollout.bake,
    drain: rollout.drain,
    startup: rollout.startup,
    provisioning: rollout.provisioning,
    failure_threshold: rollout.failureThreshold,
    deadline: rollout.deadline,
    hold: rollout.hold,
    canary: writtenDefaultCanary,
  },
  heal: { unhealthy_after: heal.unhealthyAfter, unreachable_after: heal.unreachableAfter },
  schedule: { lead: schedule.lead, catch_up: schedule.catchUp },
  budget,
  brake,
  services: {},
  waves: [],
};

const autoOrDuration: Schema<SchedulePolicy["lead"]> = {
  expects: `\`auto\`, or ${notNegative.expects}`,
  json: () => ({ title: autoOrDuration.expects, anyOf: [{ enum: ["auto"] }, notNegative.json()] }),
  read: (value, at) => (value === "auto" ? "auto" : notNegative.read(value, at)),
};

const amount = nullable(number({ min: 0 }));

const budgetFields: Fields<Budget> = {
  hourly: {
    schema: amount,
    default: budget.hourly,
    description: "The most that all instances together may cost an hour, in USD.",
    example: 12.5,
  },
  monthly: {
    schema: amount,
    default: budget.monthly,
    description: "The most that a calendar month (UTC) may cost, in USD: nothing more is started once it is spent.",
    example: 5000,
  },
};

const brakeFields: Fields<BrakePolicy> = {
  destroy: {
    schema: integer({ min: 0 }),
    default: brake.destroy,
    description: "How many services one run may destroy without `--allow-destroy`.",
    example: 1,
  },
  services: {
    schema: share,
    default: brake.services,
    writtenDefault: "100%",
    description: "Which share of the services one run may destroy without `--allow-destroy`, where there are several.",
    example: "20%",
  },
  replicas: {
    schema: share,
    default: brake.replicas,
    writtenDefault: "50%",
    description:
      "Which share of the running replicas may be given up as lost or ill within an hour, where there are several; more of them wait for `--allow-destroy`.",
    example: "30%",
  },
};

const service = object<WrittenServicePolicy>({
  rollout: {
    schema: someOf(rolloutFields),
    default: {},
    description: "How changes of this service are rolled out, where it is not as for the others.",
    example: { strategy: "canary" },
  },
  heal: {
    schema: someOf(healFields),
    default: {},
    description: "When replicas of this service are replaced, where it is not as for the others.",
    example: { unhealthy_after: 3 },
  },
  budget: {
    schema: object(budgetFields),
    default: budget,
    description: "What this service alone may cost.",
    example: { hourly: 4 },
  },
});

const waves = transform(list(list(text({ minLength: 1 }), { minItems: 1 })), (read, at) => {
  const names = read.flat();
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return repeated === undefined ? read : refuse(at, `\`${repeated}\` is in two waves`);
});

/** What the program may do, and how. */
export const policy = object<WrittenPolicy>({
  rollout: {
    schema: object(rolloutFields),
    default: writtenDefaultPolicy.rollout,
    description: "How a change is rolled out.",
    example: { bake: "1m", drain: "5m" },
  },
  heal: {
    schema: object(healFields),
    default: writtenDefaultPolicy.heal,
    description: "When running replicas are replaced.",
    example: { unhealthy_after: 5 },
  },
  schedule: {
    schema: object<WrittenPolicy["schedule"]>({
      lead: {
        schema: autoOrDuration,
        default: schedule.lead,
        description:
          "How long before its window a service with a `schedule` is started; `auto`: as long as its recent starts took to become ready.",
        example: "5m",
      },
      catch_up: {
        schema: nullable(notNegative),
        default: schedule.catchUp,
        description:
          "A window that nobody looked at for so long is passed over; by default it is caught up while it lasts.",
        example: "1h",
      },
    }),
    default: writtenDefaultPolicy.schedule,
    description: "When windows of a `schedule` begin.",
    example: { lead: "5m" },
  },
  budget: {
    schema: object(budgetFields),
    default: budget,
    description: "What all services together may cost.",
    example: { hourly: 20 },
  },
  brake: {
    schema: object(brakeFields),
    default: brake,
    description: "What needs consent.",
    example: { destroy: 0 },
  },
  services: {
    schema: mappingOf(service),
    default: {},
    description: "What holds for a service by its name, where it is not as for the others.",
    example: { llama31: { rollout: { strategy: "stop-first" } } },
  },
  waves: {
    schema: waves,
    default: [],
    description:
      "The order in which the services of one commit are changed: each wave once the one before has settled; services that no wave names come last.",
    example: [["embeddings"], ["chat", "rerank"]],
  },
});

/** For how long a service runs, and what happens when it fails: one entry a property. */

import { combinesDays, parseCron } from "../cron.ts";
import { formatDuration } from "../duration.ts";
import { list, oneOrMore } from "../schema/composite.ts";
import { integer } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type Field, refuse, refuseToPlan, report, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { nullable, nullMeans, oneOf, plainBoolean, readBoolean, transform } from "../schema/words.ts";
import type { RetrySpec, ServiceSpec } from "../spec.ts";
import { isMapping } from "../yaml/value.ts";
import { duration, idleDuration, offableDuration } from "./duration.ts";

const retryEvents = ["no-capacity", "interruption", "error"] as const;
const anyFailure: RetrySpec = { on_events: retryEvents, duration: 3600 };

const retryEventsSchema: Schema<RetrySpec["on_events"]> = transform(
  list(oneOf(retryEvents)),
  (events, at) => (events.length === 0 ? refuse(at, "`on_events` cannot be empty") : events),
  { minItems: 1 },
);

const retryObject = object<RetrySpec>({
  on_events: {
    schema: nullMeans(retryEventsSchema, retryEvents),
    default: retryEvents,
    writtenDefault: [...retryEvents],
    description: "What is tried again: `no-capacity`, `interruption`, `error`.",
    example: ["no-capacity", "error"],
  },
  duration: {
    schema: nullMeans(duration(), anyFailure.duration),
    default: anyFailure.duration,
    writtenDefault: formatDuration(anyFailure.duration),
    description: "For how long.",
    example: "1h",
  },
});

const retrySchema: Schema<RetrySpec | false> = {
  expects: "`true`, `false` or a mapping with `on_events` and `duration`",
  json: () => ({ title: retrySchema.expects, anyOf: [plainBoolean, retryObject.json()] }),
  read: (value, at) => {
    if (isMapping(value)) return retryObject.read(value, at);
    const word = readBoolean(value);
    if (word === null) return unexpected(retrySchema.expects, value, at);
    return word ? anyFailure : false;
  },
};

export const retry: Field<ServiceSpec["retry"]> = {
  schema: nullable(retrySchema),
  default: null,
  description: "Whether replicas that failed are started again. `true`: after any failure, for an hour.",
  example: { on_events: ["no-capacity", "error"], duration: "1h" },
};

export const max_duration: Field<ServiceSpec["max_duration"]> = {
  schema: offableDuration,
  default: null,
  description: "How long a replica may run; `off` (the default for services): without limit.",
  example: "8h",
};

export const stop_duration: Field<ServiceSpec["stop_duration"]> = {
  schema: offableDuration,
  default: null,
  description: "How long a replica may take to stop before it is stopped by force; 5 minutes by default.",
  example: "10m",
};

export const idle_duration: Field<ServiceSpec["idle_duration"]> = {
  schema: idleDuration,
  default: null,
  description:
    "How long an instance is kept after its replica ended; `off`: for ever. It has no effect here: an instance ends with its replica.",
  example: "30m",
};

export const utilization_policy: Field<ServiceSpec["utilization_policy"]> = {
  schema: nullable(
    object<NonNullable<ServiceSpec["utilization_policy"]>>({
      min_gpu_utilization: {
        schema: integer({ min: 0, max: 100 }),
        description: "The least utilization of every GPU, in percent.",
        example: 10,
      },
      time_window: {
        schema: transform(
          duration({ min: 300, tooShort: "Minimum time_window is 5m" }),
          (seconds, at) => {
            if (seconds > 3600) refuseToPlan(at, "Maximum utilization_policy.time_window is 3600s");
            return seconds;
          },
          { maximum: 3600 },
        ),
        description: "For how long a GPU must stay below it, from 5 minutes to an hour.",
        example: "1h",
      },
    }),
  ),
  default: null,
  description: "Ends the service when a GPU is not used enough.",
  example: { min_gpu_utilization: 10, time_window: "1h" },
};

export const startup_order: Field<ServiceSpec["startup_order"]> = {
  schema: nullable(oneOf(["any", "master-first", "workers-first"])),
  default: null,
  description: "Has no effect on services.",
  example: "any",
};

export const stop_criteria: Field<ServiceSpec["stop_criteria"]> = {
  schema: nullable(oneOf(["all-done", "master-done"])),
  default: null,
  description: "Has no effect on services.",
  example: "all-done",
};

const cronExpression = transform(
  text(),
  (expression, at) => {
    const parsed = parseCron(expression);
    if (!parsed.ok)
      return refuse(at, parsed.message, { hint: "expected `minute hour day month weekday`; Monday is 0" });
    if (combinesDays(parsed.cron)) {
      const message = "a day must fit both the day of the month and the day of the week; under POSIX either would do";
      report(at, { severity: "warning", code: "cron-days", message });
    }
    return expression;
  },
  { title: "`minute hour day month weekday`", type: "string", pattern: "^\\s*\\S+(?:\\s+\\S+){4}\\s*$" },
);

/** The reference has no limit; each is asked for its next time in every pass. */
const maxCrons = 50;

const cron = transform(oneOrMore(cronExpression), (expressions, at) => {
  if (expressions.length === 0) return refuse(at, "At least one cron expression must be specified");
  return expressions.length > maxCrons
    ? refuse(at, `expected at most ${maxCrons} cron expressions, got ${expressions.length}`)
    : expressions;
});

export const schedule: Field<ServiceSpec["schedule"]> = {
  schema: nullable(
    object<NonNullable<ServiceSpec["schedule"]>>({
      cron: {
        schema: cron,
        description:
          "When the service starts, as cron expressions in UTC; days of the week count from Monday, which is 0.",
        example: "0 8 * * mon-fri",
      },
    }),
  ),
  default: null,
  description: "Starts the service periodically.",
  example: { cron: "0 8 * * mon-fri" },
};

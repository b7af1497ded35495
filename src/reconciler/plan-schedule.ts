import type { ServiceSpec } from "../config/spec.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { cronsOf, nextFire, windowLength } from "./decide/schedule.ts";
import type { Reason } from "./plan-document.ts";

/** When a service is up, where that depends on time. */
export function timeReasons(spec: ServiceSpec, now: number): readonly Reason[] {
  const length = windowLength(spec);
  const lasting = length === Infinity ? "without an end (`max_duration` is off)" : `for ${length / 1000} s`;
  if (spec.schedule === null)
    return [
      ...(length === Infinity
        ? []
        : [
            {
              about: "max_duration",
              text: `up ${lasting} from its first replica on, then down until it is accepted again`,
            },
          ]),
      ...idleReasons(spec),
    ];
  const next = nextFire(cronsOf(spec), now);
  const when = next === null ? "never: no such day comes" : `at ${toTimestamp(next)}`;
  const text = `begins next ${when}, ${lasting}; within a minute with \`watch\`, else with the first tick after that`;
  return [{ about: "schedule", text }, ...idleReasons(spec)];
}

/** What ends a service that is not used, and who notices. */
function idleReasons({ utilization_policy: policy, schedule }: ServiceSpec): readonly Reason[] {
  if (policy === null) return [];
  const until = schedule === null ? "it is accepted again" : "its next window";
  const idle = `every replica has a GPU that stayed below ${policy.min_gpu_utilization}% for ${policy.time_window} s`;
  return [{ about: "utilization_policy", text: `ended by the next pass once ${idle}, then down until ${until}` }];
}

import type { Difference } from "./case.ts";
import { anywhere, texts } from "./look-for.ts";

/** Where replicas and services come to another state than the reference's, on purpose. The first that fits says why. */
export const stateDifferences: readonly Difference[] = [
  {
    matches: ({ name, input }) => name.startsWith("job_reason/") && texts(input).some((text) => neverStarted.has(text)),
    reason:
      "what keeps a replica from being started at all is `failed to start`, and what its provider said: there is no runner or executor to tell apart",
  },
  {
    matches: ({ name, input }) => isTransition(name) && hasReason(input, "done_by_runner"),
    reason:
      "a service's replica that ends by itself is started again whatever its exit code: only tasks come to be done",
  },
  {
    matches: ({ name, input }) => isTransition(name) && hasReason(input, "max_duration_exceeded"),
    reason: "`max_duration` without a schedule ends the service as done, not as failed, until it is accepted again",
  },
  {
    matches: ({ name, input }) => isTransition(name) && hasAny(input, "reason") && !hasAny(input, "retry"),
    reason:
      "one failing replica never takes healthy ones down, with or without `retry`: it alone is tried again, with back-off",
  },
  {
    matches: ({ name, input }) =>
      isTransition(name) &&
      (hasAny(input, "attempt") ||
        (hasReason(input, "failed_to_start_due_to_no_capacity") && hasStatus(input, "running"))),
    reason:
      "back-off is of each replica, and begins anew once it has been ready for a minute; in the reference it is of the whole service while nothing of it is alive, and begins anew with the next instance",
  },
];

/** Of a replica whose job never began. */
const neverStarted: ReadonlySet<string> = new Set([
  "ports_binding_failed",
  "creating_container_error",
  "executor_error",
]);

function isTransition(name: string): boolean {
  return name.startsWith("run_transition/");
}

function hasAny(input: unknown, property: string): boolean {
  return anywhere(input, (key) => key === property);
}

function hasReason(input: unknown, reason: string): boolean {
  return anywhere(input, (key, member) => key === "reason" && member === reason);
}

function hasStatus(input: unknown, status: string): boolean {
  return anywhere(input, (key, member) => key === "status" && member === status);
}

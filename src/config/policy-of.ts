import type { WrittenPolicy, WrittenServicePolicy } from "./fields/policy.ts";
import type { WrittenHeal, WrittenRollout } from "./fields/rollout-policy.ts";
import type { HealPolicy, Policy, RolloutPolicy, ServicePolicy } from "./settings.ts";

/** A written policy with what each service has of its own filled up from it. */
export function policyOf(written: WrittenPolicy): Policy {
  const { rollout, heal, schedule, services, ...rest } = written;
  const own = Object.entries(services).map(([name, service]) => [name, servicePolicyOf(service, written)] as const);
  return {
    ...rest,
    rollout: rolloutOf(rollout),
    heal: healOf(heal),
    schedule: { lead: schedule.lead, catchUp: schedule.catch_up },
    services: Object.fromEntries(own),
  };
}

function servicePolicyOf({ rollout, heal, budget }: WrittenServicePolicy, written: WrittenPolicy): ServicePolicy {
  return {
    rollout: rolloutOf({ ...written.rollout, ...rollout }),
    heal: healOf({ ...written.heal, ...heal }),
    budget,
  };
}

function rolloutOf({ failure_threshold: failureThreshold, canary, ...rollout }: WrittenRollout): RolloutPolicy {
  const { steps, max_error_rate: maxErrorRate, max_latency: maxLatency, min_requests: minRequests } = canary;
  return { ...rollout, failureThreshold, canary: { steps, maxErrorRate, maxLatency, minRequests } };
}

function healOf({ unhealthy_after: unhealthyAfter, unreachable_after: unreachableAfter }: WrittenHeal): HealPolicy {
  return { unhealthyAfter, unreachableAfter };
}

import { formatShare } from "../../lib/format-share.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Traffic } from "../../state/verdict.ts";
import { isServing } from "./draft.ts";
import type { Context } from "./draft.ts";
import type { Fault } from "./go-back.ts";

/** Differences of less than this many seconds are noise, however many times they are of something small. */
const leastSlower = 0.05;

/** Whether the requests that new replicas have answered went worse than those that old ones have; `null`: not, or not enough of them to tell. */
export function compareCanary(record: ServiceRecord, context: Context): Omit<Fault, "deployment"> | null {
  const { maxErrorRate, maxLatency, minRequests } = context.policy.rollout.canary;
  const deployment = record.deployments.find(({ num }) => num === record.current);
  if (deployment?.canary === undefined) return null;
  const serving = record.replicas.filter(isServing);
  const fresh = serving.filter((replica) => replica.deployment === record.current);
  const [bad] = fresh;
  const now = together(fresh, context);
  const before = together(
    serving.filter((replica) => replica.deployment !== record.current),
    context,
  );
  if (bad === undefined || now.requests < minRequests || before.requests < minRequests) return null;
  const traffic = { new: now, old: before };
  const [rate, usual] = [now.errors / now.requests, before.errors / before.requests];
  if (rate - usual > maxErrorRate)
    return {
      bad,
      traffic,
      what: `failed ${formatShare(rate)} of ${now.requests} requests, and the version before it ${formatShare(usual)}`,
    };
  if (now.seconds > before.seconds * maxLatency && now.seconds - before.seconds > leastSlower)
    return {
      bad,
      traffic,
      what: `took ${now.seconds.toFixed(2)} s for a request, and the version before it ${before.seconds.toFixed(2)} s`,
    };
  return null;
}

function together(replicas: readonly ReplicaRecord[], context: Context): Traffic {
  const each = replicas.flatMap(({ token }) => context.observed.traffic.get(token) ?? []);
  const requests = each.reduce((sum, one) => sum + one.requests, 0);
  const seconds = each.reduce((sum, one) => sum + one.seconds * one.requests, 0);
  return {
    requests,
    errors: each.reduce((sum, one) => sum + one.errors, 0),
    seconds: requests === 0 ? 0 : seconds / requests,
  };
}

import type { ProvisionRequest } from "../../src/backends/backend.ts";
import { jobDigest } from "../../src/config/job.ts";
import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { currentDeployment, deploymentOf, isAlive } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { isStranger } from "./cloud.ts";
import { invariant } from "./happening.ts";
import type { Actor, Scene } from "./happening.ts";
import { exists, isWell } from "./instance.ts";
import type { Instance } from "./instance.ts";

/** What no call of a provider may do. */
export const callInvariants = [
  invariant({
    name: "announced-before-called",
    on: "provisions",
    check: ({ request }, { history }) =>
      history.announced(request.token) === undefined ? `${request.token} is asked for, and no state says so` : null,
  }),
  invariant({
    name: "only-what-was-accepted",
    on: "provisions",
    check({ by, request }) {
      const { deployments } = by.decided.get(request.service) ?? { deployments: [] };
      const deployment = deployments.find(({ num }) => num === request.deployment);
      if (deployment === undefined)
        return `${request.token} is of deployment ${request.deployment}, which nobody accepted`;
      const same =
        deployment.job === jobDigest(request.job) &&
        Object.entries(deployment.spec.env).every(([name, value]) =>
          value === null ? request.env[name] !== undefined : request.env[name] === value,
        );
      return same ? null : `${request.token} is given another job than deployment ${request.deployment}`;
    },
  }),
  invariant({
    name: "no-more-than-max-and-surge",
    on: "provisions",
    check: ({ by, request }, scene) => tooMany(by, request, scene),
  }),
  invariant({
    name: "one-instance-an-attempt",
    on: "created",
    check({ instance }, { cloud, now }) {
      const same = cloud.withToken(instance.token).filter((other) => exists(other, now()));
      return same.length > 1 ? `${instance.token} exists twice` : null;
    },
  }),
  invariant({
    name: "only-ours",
    on: "terminates",
    check: ({ instance }) => (isStranger(instance) ? `${instance.id} is ended, which is not ours` : null),
  }),
  invariant({
    name: "let-go-before-ended",
    on: "terminates",
    check({ instance }, { history, now }) {
      if (!exists(instance, now())) return null;
      const kept = history.record(instance.service)?.replicas.find(({ token }) => token === instance.token);
      return kept !== undefined && isAlive(kept) ? `${instance.token} is ended, and recorded as ${kept.status}` : null;
    },
  }),
  invariant({
    name: "not-ended-while-routed",
    on: "terminates",
    check: ({ by, instance }, scene) =>
      scene.gateway.routesTo(instance.token) && isWell(instance, scene.now()) && !isBelievedGone(instance, scene)
        ? `${by.nonce} ends ${instance.token} while it is routed to`
        : null,
  }),
  invariant({
    name: "drained",
    on: "terminates",
    check({ instance }, scene) {
      const { gateway, history, now, skew } = scene;
      if (gateway.inFlight(instance.token) === 0 || !isWell(instance, now())) return null;
      if (isBelievedGone(instance, scene)) return null;
      const leaving = history.record(instance.service)?.replicas.find(({ token }) => token === instance.token);
      const until = leaving?.termination?.drainUntil;
      if (until !== undefined && now() >= fromTimestamp(until) - skew) return null;
      return `${instance.token} is ended with requests in flight, and time to drain is left`;
    },
  }),
  invariant({
    name: "no-call-on-a-rewound-branch",
    on: "provisions",
    check: ({ by, request }, { rewoundAt }) =>
      by.startedAt > (rewoundAt() ?? Infinity)
        ? `${by.nonce} asks for ${request.token} though commits are missing`
        : null,
  }),
  invariant({
    name: "nothing-ended-on-a-rewound-branch",
    on: "terminates",
    check: ({ by, instance }, { rewoundAt }) =>
      by.startedAt > (rewoundAt() ?? Infinity) ? `${by.nonce} ends ${instance.token} though commits are missing` : null,
  }),
];

/** A few that no listing shows are believed to be gone: what there is of them is ended as soon as one does. */
function isBelievedGone({ service, token, createdAt }: Instance, { cloud, history }: Scene): boolean {
  const kept = history.record(service)?.replicas.find((replica) => replica.token === token);
  return cloud.liedAt() >= createdAt && (kept === undefined || kept.status === "failed");
}

/**
 * At a call: what the decision that makes it has of the service and exists, and what it asks for, is no more than it
 * wants and one. A later run that stands beside the one that serves counts for itself, and may be as many as are wanted
 * (with what is ending of it). What the state has given up does not count, whenever it comes: it is ended.
 */
function tooMany(
  by: Actor,
  { service, token }: Pick<ProvisionRequest, "service" | "token">,
  { cloud, now }: Scene,
): string | null {
  const record = by.decided.get(service) ?? null;
  // What was to end, and a listing did not show that showed nothing at all, has gone as far as anybody can tell.
  const isHidden = ({ status }: ReplicaRecord): boolean => status === "terminating" && cloud.liedAt() >= by.lookedAt;
  const asked = record?.replicas.find((replica) => replica.token === token);
  if (record === null || asked === undefined) return `${token} is asked for by a run that decided nothing of it`;
  const runOf = (deployment: number): number | undefined =>
    record.deployments.find(({ num }) => num === deployment)?.run;
  const run = runOf(asked.deployment);
  const counted = record.replicas.filter(
    (replica) =>
      replica.token === token ||
      (replica.status !== "failed" &&
        !isHidden(replica) &&
        runOf(replica.deployment) === run &&
        cloud.withToken(replica.token).some((each) => exists(each, now()))),
  );
  const limit = limitOf(record, asked);
  if (counted.length <= limit) return null;
  const which = counted.map((each) => `${each.token} ${each.status}`).join(", ");
  return `${counted.length} of ${record.name} exist or are asked for, and ${limit} may: ${which}`;
}

function limitOf(record: ServiceRecord, asked: ReplicaRecord): number {
  const current = currentDeployment(record);
  const { run, spec } = deploymentOf(record, asked.deployment);
  if (current.run === record.run) return desiredReplicas(record) + 1;
  const ending = record.replicas.filter(({ status }) => status === "terminating").length;
  if (run === current.run) return desiredReplicas(record) + ending;
  return spec.replicas.max + 1;
}

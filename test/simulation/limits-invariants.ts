import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { costOf } from "./budget.ts";
import { invariant } from "./happening.ts";
import { isUnreachable, wellUntil } from "./instance.ts";

/** What no write of the state may do to what holds for all services together. */
export const limitInvariants = [
  invariant({
    name: "budget-held",
    on: "committed",
    check({ by, service, state }, { hourly }) {
      if (hourly === null) return null;
      const cost = [...state.services.values()].reduce((sum, { record }) => sum + costOf(record), 0);
      return cost > hourly + 1e-9
        ? `all services cost $${cost}/h once ${by.nonce} has written ${service}, and $${hourly}/h is the limit`
        : null;
    },
  }),
  invariant({
    name: "brake-held",
    on: "committed",
    check({ before, after, state }, { cloud, history, missed, now }) {
      if (before === null || after === null || now() - cloud.liedAt() > lieLasts) return null;
      // Two say the same of what answers nobody: the listing, and the replica itself.
      const answers = ({ token }: ReplicaRecord): boolean =>
        cloud.withToken(token).some((each) => now() < wellUntil(each) && !isUnreachable(each, now()));
      const lost = before.replicas.filter(
        (replica) => isRunning(replica) && isMissed(after, replica.token) && answers(replica),
      );
      if (lost.length === 0 || before.brake?.consentedAt !== undefined) return null;
      for (const { token } of lost) missed.add(token);
      // One commit may hold what several services decided: each of them knew how things were before it.
      const then = [...state.services.keys()].map((name) => history.at(name, state.generation - 1)?.record ?? null);
      const written = [...state.services.values()].map(({ record }) => record);
      const wanted = Math.max(wantedIn(written), wantedIn(then));
      // With a service, what it has given up is forgotten.
      const counted = [...missed].filter((token) => isOfAny(state, token)).length;
      const running = written.flatMap((record) => record?.replicas ?? []).filter(isRunning).length + counted;
      if (Math.min(running, wanted) < fewest || counted <= wanted / 2) return null;
      return `${counted} of ${wanted} replicas are given up because a listing was empty`;
    },
  }),
];

/** From an empty listing to the write of the pass that saw it. */
const lieLasts = 5_000;

/** With fewer running replicas, a share of them says nothing. */
const fewest = 4;

function wantedIn(records: readonly (ServiceRecord | null)[]): number {
  const all = records.flatMap((record) => record?.replicas ?? []);
  return all.filter(({ status, error }) => status !== "terminating" || error !== null).length;
}

function isRunning({ status, instance }: ReplicaRecord): boolean {
  return status === "running" && instance !== null;
}

function isOfAny({ services }: Snapshot, token: string): boolean {
  return [...services.values()].some(
    ({ record }) => record !== null && token.startsWith(`${record.name}-${record.born}-`),
  );
}

function isMissed({ replicas }: ServiceRecord, token: string): boolean {
  const replica = replicas.find((each) => each.token === token);
  // What was given up may have been replaced in the same write.
  return replica === undefined || (replica.status === "failed" && replica.error?.code === "unreachable");
}

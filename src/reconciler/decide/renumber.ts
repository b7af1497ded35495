import { currentDeployment, deploymentOf, isAlive, isSameJob, note, withReplica } from "./draft.ts";
import type { Draft } from "./draft.ts";

/** Replicas whose job the current deployment leaves as it was belong to it as they are: they get its number, no more (facts §3.3). */
export function renumber(draft: Draft): Draft {
  const current = currentDeployment(draft.record);
  return draft.record.replicas.reduce((next, replica) => {
    if (!isAlive(replica) || replica.deployment === current.num) return next;
    const theirs = deploymentOf(next.record, replica.deployment);
    if (!isSameJob(theirs, current)) return next;
    const renumbered = { ...replica, deployment: current.num };
    return note(withReplica(next, renumbered), "note", renumbered, "runs on under its new number");
  }, draft);
}

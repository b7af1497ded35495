import { isAlive, isQuarantined } from "../../src/reconciler/decide/draft.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import type { Actor } from "./happening.ts";

/** What no write of the state may do. */
export const recordInvariants = [
  invariant({
    name: "one-replica-a-number",
    on: "committed",
    check({ after }) {
      const alive = (after?.replicas ?? []).filter(isAlive).map(({ num }) => num);
      const twice = alive.find((num, index) => alive.indexOf(num) !== index);
      return twice === undefined ? null : `replica ${twice} of ${after?.name} is kept twice`;
    },
  }),
  invariant({
    name: "attempts-used-once",
    on: "committed",
    check({ before, after, state: { generation } }, { history }) {
      const reused = announcedBy(before, after).find((token) => {
        const first = history.announced(token);
        // What was put on top of it may have been heard of before it.
        return first !== undefined && first.record !== after && first.generation < generation;
      });
      return reused === undefined ? null : `${reused} is announced a second time`;
    },
  }),
  invariant({
    name: "quarantined-not-started",
    on: "committed",
    check({ before, after }) {
      if (before === null || after === null) return null;
      const started = announcedBy(before, after).find((token) => {
        const replica = after.replicas.find((each) => each.token === token);
        const deployment = after.deployments.find(({ num }) => num === replica?.deployment);
        return deployment !== undefined && isQuarantined(before, deployment);
      });
      return started === undefined ? null : `${started} is of a revision that is quarantined`;
    },
  }),
  invariant({
    name: "paused-untouched",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || before.paused === null || after === before || by.command === "resume") return null;
      return JSON.stringify(before) === JSON.stringify(after)
        ? null
        : `${by.command} changes ${before.name}, which is paused`;
    },
  }),
  invariant({
    name: "accepted-by-acceptance",
    on: "committed",
    check({ by, before, after }) {
      const was = before?.target ?? null;
      const is = after?.target ?? null;
      if (is?.acceptance === was?.acceptance && (is === null) === (was === null)) return null;
      // The record of a removal is gone with its last replica.
      if (after === null && was === null) return null;
      return isAcceptance(by, after)
        ? null
        : `${by.command} makes something else the target of ${after?.name ?? before?.name}`;
    },
  }),
  invariant({
    name: "no-write-on-a-rewound-branch",
    on: "committed",
    check: ({ by, service }, { rewoundAt }) =>
      rewoundAt() === null ? null : `${by.nonce} (${by.command}) writes ${service} though commits are missing`,
  }),
];

/** Attempts of `after` that `before` does not have. */
function announcedBy(before: ServiceRecord | null, after: ServiceRecord | null): readonly string[] {
  const known = new Set((before?.replicas ?? []).map(({ token }) => token));
  return (after?.replicas ?? []).filter(({ token }) => !known.has(token)).map(({ token }) => token);
}

function isAcceptance({ command, files }: Actor, after: ServiceRecord | null): boolean {
  if (command === "tick" || command === "pause" || command === "resume") return false;
  if (command !== "apply") return true;
  const file = files.find(({ service }) => service === after?.name);
  const target = after?.target ?? null;
  if (target === null) return file === undefined;
  const spec = after?.deployments.find(({ num }) => num === target.deployment)?.spec;
  return (
    file !== undefined &&
    spec?.env["REVISION"] === String(file.number) &&
    spec.env["BEHAVIOUR"] === file.behaviour &&
    spec.replicas.min === file.replicas
  );
}

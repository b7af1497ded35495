import { BackendError } from "../../src/backends/errors.ts";
import { UserError } from "../../src/lib/user-error.ts";
import { StateConflict } from "../../src/state/store.ts";
import { invariant } from "./happening.ts";

/** What must be so once a run of the program has ended. */
export const endInvariants = [
  invariant({
    name: "no-crash",
    on: "ended",
    check({ by, error }) {
      if (error === null || error instanceof UserError || error instanceof BackendError) return null;
      if (error instanceof StateConflict) return null;
      const injected = error instanceof Error && error.message.startsWith("injected");
      return injected
        ? null
        : `${by.nonce} (${by.command}) fails: ${error instanceof Error ? error.stack : JSON.stringify(error)}`;
    },
  }),
  invariant({
    name: "unknown-is-reported",
    on: "ended",
    check({ by, error, reported, blinded }, { cloud, history, now }) {
      if (by.command !== "tick" || error !== null || blinded) return null;
      // Another run may have given up meanwhile what no listing showed it.
      if (cloud.liedAt() >= by.startedAt) return null;
      const { visibility } = cloud.backend;
      // It was there for longer than the listings lag behind when the pass began, and is there when it has ended.
      const unknown = cloud.ours().find((instance) => {
        if (instance.createdAt + visibility >= by.startedAt || now() >= instance.terminatedAt) return false;
        // What was given up while it went on is the next one's.
        const known = [history.record(instance.service), history.asOf(instance.service, by.startedAt)];
        const recorded = known.some((record) => record?.replicas.some(({ token }) => token === instance.token));
        return !recorded && !reported.has(instance.token);
      });
      return unknown === undefined ? null : `${unknown.token} runs, no state knows it, and a tick says nothing`;
    },
  }),
];

import type { ObservedInstance } from "../backends/backend.ts";
import { FencedError } from "../backends/errors.ts";
import { policyFor } from "../config/settings.ts";
import { unlessAborted } from "../lib/interruption.ts";
import { isSameJson } from "../lib/same.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { isOver, isToHandOver, pauseFor, refresh } from "./between-passes.ts";
import type { Run } from "./between-passes.ts";
import { happeningOf } from "./commit-message.ts";
import { decide } from "./decide.ts";
import type { Decision, ServiceState } from "./decide.ts";
import { othersOf } from "./decide/others.ts";
import { isEnd } from "./ends.ts";
import { execute } from "./execute.ts";
import { expectReplicas, stillToStart } from "./expected.ts";
import { giveBack, recordLeft } from "./give-back.ts";
import { afterFence, holdOf, mayAct, writeRecord } from "./hold.ts";
import type { Holder } from "./hold.ts";
import { type Haste, hurryOf } from "./hurry.ts";
import { guardOf } from "./limits.ts";
import { mustWrite } from "./must-write.ts";
import { observe } from "./observe.ts";
import type { Observed, Outcome } from "./observed.ts";
import { isSuperseded } from "./own-target.ts";
import type { OwnTarget } from "./own-target.ts";
import { looked, noLooks, pauseAfter } from "./pace.ts";
import type { Session } from "./session.ts";
import { hasStrangers, withoutKnown } from "./strangers.ts";
import { tell } from "./tell.ts";
import { createQueue } from "./wait-for-lease.ts";

/** How far a service came in this process, and what is recorded of it then. */
export interface ServiceOutcome {
  readonly name: string;
  readonly state: ServiceState | "lease-held" | "superseded";
  /** Of a state that is older than what runs: the instances that it does not know. */
  readonly strangers?: readonly ObservedInstance[];
  readonly record: ServiceRecord | null;
  readonly heldBy: Holder | null;
  /** Whether this process wrote anything of it: without, what it found was so before. */
  readonly touched: boolean;
}

export interface SettleOptions extends Haste {
  /** Ends the passes after the one under way; what was begun is left to the next run of any kind. */
  readonly signal: AbortSignal;
  /** Ends calls under way too: what comes of them is seen by the next run. */
  readonly abort: AbortSignal;
  /** Ends even the giving back of the lease. Absent: nothing does before its time. */
  readonly leave?: AbortSignal;
  /** Milliseconds since the epoch; passes end here even if the service has not settled. */
  readonly deadline: number;
  /** How long to wait for somebody else's lease, in milliseconds. */
  readonly waitForLease: number;
  /** What the run itself accepted, by service: it gives up where somebody accepts anything newer. Absent: it stands for whatever is recorded. */
  readonly own?: ReadonlyMap<string, OwnTarget>;
  /** How many lost or ill replicas may be given up within the hour, whatever the policy says. */
  readonly consent?: number | "all";
  /** Told after every pass what was decided on which evidence: for live tables. */
  readonly onPass?: (name: string, decision: Decision, observed: Observed) => void;
}

/** Pass after pass (observe, decide, write ahead, publish, execute) until the service has come to an end of its own, or time is up. */
export async function settleService(
  name: string,
  snapshot: Snapshot,
  session: Session,
  options: SettleOptions,
): Promise<ServiceOutcome> {
  const run = { name, session, options, ...session.attention(name) };
  try {
    return await unlessAborted(passes(run, snapshot), options.abort);
  } catch (error) {
    if (!options.abort.aborted) throw error;
    const record = await recordLeft(run, snapshot);
    return { name, state: "working", record, heldBy: null, touched: true };
  } finally {
    session.dismiss(name);
    await expectReplicas(session.world, name, 0);
  }
}

interface SettleRun extends Run {
  readonly options: SettleOptions;
}

async function passes(run: SettleRun, snapshot: Snapshot): Promise<ServiceOutcome> {
  const { name, session, options } = run;
  const { world } = session;
  const own = options.own?.get(name);
  const queue = createQueue({
    name,
    session,
    own,
    longest: options.waitForLease,
    pause: (ms) => pauseFor(run, ms),
    isOver: () => isOver(run),
    abort: options.abort,
  });
  let hold = holdOf(name, snapshot, session);
  let record = hold.stored;
  let outcomes: ReadonlyMap<string, Outcome> = new Map();
  let touched = false;
  let looks = noLooks;
  while (record !== null) {
    const superseded = isSuperseded(own, record) || isToHandOver(hold, name);
    if (superseded || isOver(run)) {
      await giveBack(run, hold, record);
      return { name, state: superseded ? "superseded" : "working", record, heldBy: null, touched };
    }
    const observer = {
      world,
      prober: run.prober,
      listing: session.listing,
      owner: session.owner,
      snapshot: hold.snapshot,
      published: session.published(),
    };
    // What is seen is as old as the look: what came to pass while it took is not absent, it was not looked for.
    const now = world.clock.now();
    const seen = await observe(observer, record, outcomes, options.abort);
    const newest = hasStrangers(seen) ? await world.store.load(options.abort) : null;
    const observed = newest === null ? seen : withoutKnown(seen, newest, session.owner);
    if (newest !== null && !hasStrangers(observed)) {
      hold = holdOf(name, newest, session);
      record = hold.stored;
      continue;
    }
    const { snapshot: known } = hold;
    const scene = { policy: policyFor(session.policy, name), now, consent: options.consent };
    const decision = decide(record, { ...scene, observed, others: () => othersOf(known, name, now) });
    outcomes = new Map();
    if (decision.state === "state-older") {
      tell(name, decision, world);
      await giveBack(run, hold, record);
      return { name, state: "state-older", strangers: observed.strangers ?? [], record, heldBy: null, touched };
    }
    const decided = hold;
    if (mustWrite(hold, decision, session)) {
      const written = await writeRecord(
        hold,
        {
          name,
          record: decision.record,
          ended: decision.ended,
          happening: happeningOf(name, decision),
          last: isEnd(decision),
          guard: guardOf({ before: record, after: decision.record }, scene),
          hurry: hurryOf(name, options, isEnd(decision)),
        },
        session,
        options.abort,
      );
      if (written.kind !== "written") {
        const newest = await (written.kind === "held" ? queue.wait(written.by) : world.store.load(options.abort));
        if (newest === null && written.kind === "held")
          return { name, state: "lease-held", record, heldBy: written.by, touched };
        hold = holdOf(name, newest ?? hold.snapshot, session);
        record = hold.stored;
        continue;
      }
      hold = written.hold;
      touched = true;
      queue.left();
    }
    tell(name, decision, world);
    options.onPass?.(name, decision, observed);
    await session.publish(hold.snapshot, options.abort);
    if (decision.record === null) return { name, state: "removed", record: null, heldBy: null, touched };
    // A gateway that took long, or a machine that was suspended: somebody else may work on it by now.
    if (decision.actions.length > 0 && hold.lease !== null && mayAct(hold, session)) {
      try {
        const { owner } = session;
        const { fence } = hold.lease;
        const scope = { world, owner, record: decision.record, observed, fence, signal: options.abort };
        outcomes = await execute(decision.actions, scope);
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
        hold = await afterFence(name, error.seen, session, options.abort);
        record = hold.stored;
        continue;
      }
    }
    // What was written goes on as it is stored, so that the next pass compares it with itself.
    record = hold === decided ? decision.record : hold.stored;
    await expectReplicas(world, name, stillToStart(decision.record));
    if (isEnd(decision)) {
      await giveBack(run, hold, decision.record);
      return { name, state: decision.state, record: decision.record, heldBy: null, touched };
    }
    // What was written may be acted on further at once; otherwise something has to happen first.
    looks = looked(looks, decision);
    if (isSameJson(hold.stored, decided.stored)) await pauseFor(run, pauseAfter(decision, looks.idle, world));
    ({ hold, record } = await refresh(run, hold, record));
  }
  return { name, state: isSuperseded(own, null) ? "superseded" : "removed", record: null, heldBy: null, touched };
}

import { policyFor } from "../config/settings.ts";
import { isSameJson } from "../lib/same.ts";
import type { LeaseOwner, ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import type { Bell } from "./bell.ts";
import { happeningOf } from "./commit-message.ts";
import { decide } from "./decide.ts";
import type { Decision, ServiceState } from "./decide.ts";
import { othersOf } from "./decide/others.ts";
import { isEnd } from "./ends.ts";
import { execute } from "./execute.ts";
import { expectReplicas, stillToStart } from "./expected.ts";
import { holdOf, isAging, mayAct, release, writeRecord } from "./hold.ts";
import type { Hold } from "./hold.ts";
import { guardOf } from "./limits.ts";
import { isMaterial } from "./material.ts";
import { observe } from "./observe.ts";
import type { Observed, Outcome } from "./observed.ts";
import { looked, noLooks, pauseAfter } from "./pace.ts";
import type { Prober } from "./prober.ts";
import type { Session } from "./session.ts";
import { tell } from "./tell.ts";

/** How far a service came in this process, and what is recorded of it then. */
export interface ServiceOutcome {
  readonly name: string;
  readonly state: ServiceState | "lease-held" | "superseded";
  readonly record: ServiceRecord | null;
  readonly heldBy: LeaseOwner | null;
  /** Whether this process wrote anything of it: without, what it found was so before. */
  readonly touched: boolean;
}

export interface SettleOptions {
  /** Ends the passes after the one under way; what was begun is left to the next run of any kind. */
  readonly signal: AbortSignal;
  /** Ends calls under way too. */
  readonly abort: AbortSignal;
  /** Milliseconds since the epoch; passes end here even if the service has not settled. */
  readonly deadline: number;
  /** How long to wait for somebody else's lease, in milliseconds. */
  readonly waitForLease: number;
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
  try {
    return await passes(
      { name, session, options, ...session.attention(name), begunAt: session.world.clock.now() },
      snapshot,
    );
  } finally {
    session.dismiss(name);
    await expectReplicas(session.world, name, 0);
  }
}

interface Run {
  readonly name: string;
  readonly session: Session;
  readonly options: SettleOptions;
  readonly prober: Prober;
  readonly bell: Bell;
  readonly begunAt: number;
}

async function passes(run: Run, snapshot: Snapshot): Promise<ServiceOutcome> {
  const { name, session, options } = run;
  const { world } = session;
  let hold = holdOf(name, snapshot, session);
  let record = hold.stored;
  let outcomes: ReadonlyMap<string, Outcome> = new Map();
  let touched = false;
  let looks = noLooks;
  while (record !== null) {
    const over = isOver(run);
    if (over || isToHandOver(hold, name)) {
      await release(hold, { name, record }, session, AbortSignal.timeout(10_000));
      return { name, state: over ? "working" : "superseded", record, heldBy: null, touched };
    }
    const observer = {
      world,
      prober: run.prober,
      listing: session.listing,
      owner: session.owner,
      generation: hold.snapshot.generation,
      published: session.published(),
    };
    // What is seen is as old as the look: what came to pass while it took is not absent, it was not looked for.
    const now = world.clock.now();
    const observed = await observe(observer, record, outcomes, options.abort);
    const { snapshot: known } = hold;
    const scene = { policy: policyFor(session.policy, name), now, consent: options.consent };
    const decision = decide(record, { ...scene, observed, others: () => othersOf(known, name, now) });
    outcomes = new Map();
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
        },
        session,
        options.abort,
      );
      if (written.kind === "held") {
        if (world.clock.now() - run.begunAt >= options.waitForLease)
          return { name, state: "lease-held", record, heldBy: written.by, touched };
        await pauseFor(run, Math.min(1000, Math.max(25, options.waitForLease / 20)));
      }
      if (written.kind !== "written") {
        hold = holdOf(name, await world.store.load(options.abort), session);
        record = hold.stored;
        continue;
      }
      hold = written.hold;
      touched = true;
    }
    tell(name, decision, world);
    options.onPass?.(name, decision, observed);
    await session.publish(hold.snapshot, options.abort);
    if (decision.record === null) return { name, state: "removed", record: null, heldBy: null, touched };
    // A gateway that took long, or a machine that was suspended: somebody else may work on it by now.
    if (decision.actions.length > 0 && mayAct(hold, session)) {
      outcomes = await execute(decision.actions, {
        world,
        owner: session.owner,
        record: decision.record,
        observed,
        signal: options.abort,
      });
    }
    // What was written goes on as it is stored, so that the next pass compares it with itself.
    record = hold === decided ? decision.record : hold.stored;
    await expectReplicas(world, name, stillToStart(decision.record));
    if (isEnd(decision)) {
      await release(hold, { name, record: decision.record }, session, AbortSignal.timeout(10_000));
      return { name, state: decision.state, record: decision.record, heldBy: null, touched };
    }
    // What was written may be acted on further at once; otherwise something has to happen first.
    looks = looked(looks, decision);
    if (isSameJson(hold.stored, decided.stored)) await pauseFor(run, pauseAfter(decision, looks.idle, world));
    ({ hold, record } = await refresh(run, hold, record));
  }
  return { name, state: "removed", record: null, heldBy: null, touched };
}

/** Before anything is done, and to keep a lease that we still need. */
function mustWrite(hold: Hold, decision: Decision, session: Session): boolean {
  if (isMaterial(hold.stored, decision.record)) return true;
  // With the last pass of a round everything that was seen is written down.
  if (isEnd(decision) && !isSameJson(hold.stored, decision.record)) return true;
  if (decision.actions.length > 0 && !mayAct(hold, session)) return true;
  return hold.lease !== null && isAging(hold.lease, session);
}

/** What others accepted meanwhile is taken up; what only we saw since is seen again. */
async function refresh(
  run: Run,
  hold: Hold,
  record: ServiceRecord | null,
): Promise<{ hold: Hold; record: ServiceRecord | null }> {
  const { session, name, options } = run;
  const fresh =
    session.world.clock.now() - hold.readAt < session.leasePolicy.reload && hold.readAt > session.stirredAt();
  if (fresh || options.signal.aborted) return { hold, record };
  const next = holdOf(name, await session.world.store.load(options.abort), session);
  return { hold: next, record: isSameJson(next.stored, hold.stored) ? record : next.stored };
}

/** Somebody accepted something newer, and waits for what is ours. */
function isToHandOver(hold: Hold, name: string): boolean {
  return hold.lease !== null && hold.snapshot.services.get(name)?.lease?.handOver === true;
}

function isOver(run: Run): boolean {
  return run.options.signal.aborted || run.session.world.clock.now() >= run.options.deadline;
}

/** Until something is heard of, or it is time to look. */
async function pauseFor(run: Run, ms: number): Promise<void> {
  const { clock } = run.session.world;
  const left = Math.max(0, Math.min(ms, run.options.deadline - clock.now()));
  await run.bell.wait(left, clock, run.options.signal);
}

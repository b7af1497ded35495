import type { ProbeSpec } from "../config/spec.ts";
import type { Clock } from "../lib/clock.ts";
import type { Address } from "../state/record.ts";
import { heardAfter } from "./decide/unlisted.ts";
import type { ProbeStreak } from "./observed.ts";
import type { Probe, ProbeAnswer } from "./world.ts";

/** What is probed of one running replica. Without probes, whether it answers HTTP at all. */
export interface Probed {
  readonly token: string;
  readonly address: Address;
  readonly probes: readonly ProbeSpec[];
  /** What its probes may refer to: asked for when they begin. */
  readonly env: () => Readonly<Record<string, string>>;
  /** It has been ready before: failing at once says no more than failing once. */
  readonly wasReady?: boolean;
  /** Its provider does not list it: what it answered before says nothing of how it is now, and it is asked often. Absent: as before. */
  readonly isDoubted?: boolean;
}

/** Keeps the probes of running replicas going, each by its own interval, and remembers their streaks. */
export interface Prober {
  /** Probes exactly these from now on: what is new starts at once, what is missing ends. */
  follow(replicas: readonly Probed[]): void;
  /** Streaks of a followed replica, in the order of its probes. */
  streaks(token: string): readonly ProbeStreak[];
  stop(): void;
}

/** Streaks begin here. */
const unprobed: ProbeStreak = { successes: 0, failures: 0, last: null };

/** What a service without probes is asked: anything that answers HTTP has begun to listen. */
export const listening: ProbeSpec = {
  type: "http",
  url: "/",
  method: "get",
  headers: [],
  body: null,
  timeout: 10,
  interval: 15,
  ready_after: 1,
  until_ready: true,
};

/** Why probing ends; without a reason of ours an error with its stack is made each time. */
const unfollowed = "not followed any more";

/** Of what is doubted, until it has been heard: seconds between two probes, and for each, at most. */
const doubted = { interval: 2, timeout: 60 } as const;

interface Followed {
  readonly isDoubted: boolean;
  readonly abort: AbortController;
  streaks: ProbeStreak[];
}

/** `changed` is called whenever an answer changes what a decision could see. */
export function createProber(world: { readonly clock: Clock; readonly probe: Probe }, changed: () => void): Prober {
  const followed = new Map<string, Followed>();
  return {
    follow(replicas) {
      const wanted = new Map(replicas.map((replica) => [replica.token, replica]));
      for (const [token, entry] of followed) {
        const replica = wanted.get(token);
        if (replica !== undefined && (replica.isDoubted ?? entry.isDoubted) === entry.isDoubted) continue;
        entry.abort.abort(unfollowed);
        followed.delete(token);
      }
      for (const replica of replicas) if (!followed.has(replica.token)) followed.set(replica.token, begin(replica));
    },
    streaks: (token) => followed.get(token)?.streaks ?? [],
    stop() {
      for (const entry of followed.values()) entry.abort.abort(unfollowed);
      followed.clear();
    },
  };

  function begin(replica: Probed): Followed {
    const isDoubted = replica.isDoubted === true;
    const usual = replica.probes.length > 0 ? replica.probes : [listening];
    const probes = isDoubted ? usual.map(often) : usual;
    const entry: Followed = { isDoubted, abort: new AbortController(), streaks: probes.map(() => unprobed) };
    probes.forEach((probe, index) => {
      // What is promised only until it is ready is no longer promised of what served.
      const listens = replica.probes.length === 0 || (isDoubted && usual[index]?.until_ready === true);
      keepProbing({ replica, probe, entry, index, listens }).catch((error: unknown) => {
        // A probe that breaks its promise never to reject counts as one that gets no answer.
        const answer = { ok: false, status: null, error: error instanceof Error ? error.message : String(error) };
        entry.streaks = entry.streaks.map((streak, position) =>
          position === index ? continued(streak, answer) : streak,
        );
      });
    });
    return entry;
  }

  async function keepProbing(job: {
    replica: Probed;
    probe: ProbeSpec;
    entry: Followed;
    index: number;
    /** Whether any answer will do. */
    listens: boolean;
  }): Promise<void> {
    const { replica, probe, entry, index, listens } = job;
    const { signal } = entry.abort;
    const begunAt = world.clock.now();
    const env = replica.env();
    let answered = replica.wasReady === true;
    while (!signal.aborted) {
      const askedAt = world.clock.now();
      const answer = await world.probe(replica.address, probe, env, signal);
      if (signal.aborted) return;
      if (world.clock.now() > askedAt + probe.timeout * 1000 + stoodStill) {
        forget(entry, index);
        continue;
      }
      const before = entry.streaks[index] ?? unprobed;
      const after = continued(before, listens ? asListening(answer) : answer);
      entry.streaks = entry.streaks.map((streak, position) => (position === index ? after : streak));
      answered ||= after.successes > 0;
      if (answered && tellsApart(before, after, probe)) changed();
      if (probe.until_ready && after.successes >= probe.ready_after) return;
      const now = world.clock.now();
      const pause = answered ? intervalOf(probe, entry, after) * 1000 : untilFirst(probe, now - begunAt);
      await world.clock.sleep(pause, signal);
      if (world.clock.now() > now + pause + stoodStill) forget(entry, index);
    }
  }
}

/** The probe as it is asked of what is doubted: also after it has reached its threshold, and so that a few failures are heard within a tick. */
function often(probe: ProbeSpec): ProbeSpec {
  return {
    ...probe,
    timeout: Math.min(probe.timeout, doubted.timeout),
    ready_after: Math.max(probe.ready_after, heardAfter),
    until_ready: false,
  };
}

function intervalOf({ interval }: ProbeSpec, { isDoubted }: Followed, { successes }: ProbeStreak): number {
  return isDoubted && successes < heardAfter ? Math.min(interval, doubted.interval) : interval;
}

/** Milliseconds beyond what was waited for, from which on this process must have stood still. */
const stoodStill = 10_000;

/** After a machine was suspended, what was seen before it says nothing of how things are: neither that all is well nor that it fails. */
function forget(entry: Followed, index: number): void {
  entry.streaks = entry.streaks.map((streak, position) => (position === index ? unprobed : streak));
}

/** Any answer shows that somebody listens; what it says is nobody's promise. */
function asListening(answer: ProbeAnswer): ProbeAnswer {
  return { ...answer, ok: answer.status !== null };
}

/** The streak after one more answer. */
export function continued(streak: ProbeStreak, answer: ProbeAnswer): ProbeStreak {
  return answer.ok
    ? { successes: streak.successes + 1, failures: 0, last: answer }
    : { successes: 0, failures: streak.failures + 1, last: answer };
}

/** Failures in a row after which one more is no news. */
const manyFailures = 10;

/** What goes on as it was changes nothing that anyone waits for; nor do failures before the first success, which never get here. */
function tellsApart(before: ProbeStreak, after: ProbeStreak, probe: ProbeSpec): boolean {
  if (after.successes > 0) return before.failures > 0 || after.successes <= probe.ready_after;
  return before.successes > 0 || after.failures <= manyFailures;
}

/** Milliseconds to the next try before the first success: close together at first, so that being ready is seen by 4% of the time late, never wider than the interval. */
export function untilFirst(probe: ProbeSpec, sinceBegin: number): number {
  return Math.min(probe.interval * 1000, Math.max(10, Math.min(1000, sinceBegin / 25)));
}

import type { Clock } from "../../src/lib/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that only moves when nobody has anything left to do now. */
export interface VirtualClock extends Clock {
  /** Calls `fire` at a time, and gives the way to cancel it. */
  at(time: number, fire: () => void): () => void;
  /** Lets everything that is due happen, moment by moment, until the work is done or the time is reached. */
  runUntil(done: () => boolean, limit: number): Promise<void>;
}

export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  const timers = new Set<Timer>();

  const at = (time: number, fire: () => void): (() => void) => {
    const timer = { at: Math.max(now, time), order: (order += 1), fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => now,
    at,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = (): void => {
          cancel();
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const cancel = at(now + Math.max(0, ms), done);
        signal?.addEventListener("abort", done, { once: true });
      });
    },
    async runUntil(done, limit) {
      for (;;) {
        await quiet();
        if (done()) return;
        const next = earliest(timers);
        if (next === null || next.at > limit) {
          now = Math.max(now, Math.min(limit, next?.at ?? limit));
          return;
        }
        timers.delete(next);
        now = next.at;
        next.fire();
      }
    },
  };
}

/** All that can happen without time passing has happened: no promise is left that can move. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function earliest(timers: ReadonlySet<Timer>): Timer | null {
  let best: Timer | null = null;
  for (const timer of timers) {
    if (best === null || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) best = timer;
  }
  return best;
}

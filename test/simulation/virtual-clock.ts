import type { Clock } from "../../src/lib/clock.ts";
import { createTimerQueue } from "./timer-queue.ts";

/** Time that only moves when nobody has anything left to do now. */
export interface VirtualClock extends Clock {
  /** Calls `fire` at a time, and gives the way to cancel it. */
  at(time: number, fire: () => void): () => void;
  /** Lets everything that is due happen, moment by moment, until the work is done or the time is reached. */
  runUntil(done: () => boolean, limit: number): Promise<void>;
  /** Runs what takes real time, such as a call of git: until it has ended, virtual time stands still. */
  outside<T>(work: () => Promise<T>): Promise<T>;
}

export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  const timers = createTimerQueue();
  /** What takes real time and is under way. */
  let outside = 0;

  const at = (time: number, fire: () => void): (() => void) => timers.add(Math.max(now, time), fire);
  return {
    now: () => now,
    at,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = (): void => {
          cancel();
          unheard?.();
          resolve();
        };
        const cancel = at(now + Math.max(0, ms), done);
        const unheard = signal === undefined ? null : whenAborted(signal, done);
      });
    },
    async runUntil(done, limit) {
      for (;;) {
        await quiet();
        if (done()) return;
        const next = timers.first();
        if (next === null || next.at > limit) {
          now = Math.max(now, Math.min(limit, next?.at ?? limit));
          return;
        }
        timers.cancel(next);
        now = next.at;
        next.fire();
      }
    },
    async outside(work) {
      outside += 1;
      try {
        return await work();
      } finally {
        outside -= 1;
      }
    },
  };

  /** All that can happen without time passing has happened: no promise is left that can move. */
  async function quiet(): Promise<void> {
    await afterMicrotasks();
    while (outside > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await afterMicrotasks();
    }
  }
}

/** Whoever waits for a signal, which hears of it once: most sleeps end otherwise, and listeners cost more than they do. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Gives the way not to be called any more. */
function whenAborted(signal: AbortSignal, call: () => void): () => void {
  const calls = waiting.get(signal) ?? new Set();
  if (!waiting.has(signal)) {
    waiting.set(signal, calls);
    signal.addEventListener("abort", () => calls.forEach((each) => each()), { once: true });
  }
  calls.add(call);
  return () => void calls.delete(call);
}

/** The queue of ticks comes after that of promises, and is much cheaper than a turn of the event loop. */
function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

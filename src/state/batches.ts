import type { Change, Snapshot } from "./store.ts";
import type { WaitingLine, WriteGate } from "./write-gate.ts";

/** One writer a process, one commit for all that wait: a change that waits for its outcome. */
export interface Waiting {
  readonly change: Change;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (snapshot: Snapshot) => void;
  readonly reject: (error: unknown) => void;
}

/** Changes that are written together, and what stops that. */
export interface Batch {
  readonly waiting: readonly Waiting[];
  readonly signal: AbortSignal | undefined;
  /** For passing the gate once more. */
  readonly line: WaitingLine;
}

export interface Batches {
  add(change: Change, signal?: AbortSignal): Promise<Snapshot>;
}

export interface BatchesOptions {
  readonly gate: WriteGate;
  readonly write: (batch: Batch) => Promise<void>;
}

/** Collects changes that come while others are being written, or wait to be: one writer a process, one commit for all that wait. */
export function createBatches({ gate, write }: BatchesOptions): Batches {
  let queue: readonly Waiting[] = [];
  let writing = false;
  let stirred = new AbortController();
  let over = new AbortController();
  return {
    async add(change, signal) {
      // It would go along with others that wait already.
      signal?.throwIfAborted();
      let stop = (): void => {};
      const outcome = new Promise<Snapshot>((resolve, reject) => {
        const waiting: Waiting = { change, signal, resolve, reject };
        stop = () => giveUp(waiting);
        signal?.addEventListener("abort", stop, { once: true });
        queue = [...queue, waiting];
        stir();
        if (writing) return;
        writing = true;
        // A turn later, so that changes made at once are together from the first.
        queueMicrotask(() => void drain());
      });
      return outcome.finally(() => signal?.removeEventListener("abort", stop));
    },
  };

  /** Nothing was written for a caller that is interrupted while it waits. */
  function giveUp(waiting: Waiting): void {
    if (!queue.includes(waiting)) return;
    queue = queue.filter((other) => other !== waiting);
    waiting.reject(waiting.signal?.reason);
    stir();
    if (queue.length === 0) over.abort();
  }

  function stir(): void {
    stirred.abort();
    stirred = new AbortController();
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      for (const waiting of queue) if (waiting.signal?.aborted === true) giveUp(waiting);
      over = new AbortController();
      if (queue.length > 0)
        await gate.enter({
          changes: () => queue.map(({ change }) => change),
          stirred: () => stirred.signal,
          over: over.signal,
        });
      const batch = queue;
      queue = [];
      await writeBatch(batch);
      await gate.leave();
    }
    writing = false;
  }

  async function writeBatch(waiting: readonly Waiting[]): Promise<void> {
    if (waiting.length === 0) return;
    const written = new AbortController();
    const signal = whenAllAbort(waiting, written.signal);
    const never = new AbortController().signal;
    const line = {
      changes: () => waiting.map(({ change }) => change),
      stirred: () => signal ?? never,
      over: signal ?? never,
    };
    try {
      await write({ waiting, signal, line });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      written.abort();
    }
  }
}

/** One caller's interruption must not stop what others wait for. */
function whenAllAbort(batch: readonly Waiting[], until: AbortSignal): AbortSignal | undefined {
  const signals = batch.flatMap(({ signal }) => signal ?? []);
  if (signals.length < batch.length) return undefined;
  const [only] = signals;
  if (signals.length === 1) return only;
  const all = new AbortController();
  const check = (): void => {
    if (signals.every((signal) => signal.aborted)) all.abort(only?.reason);
  };
  for (const signal of signals) signal.addEventListener("abort", check, { once: true, signal: until });
  // Some may have been from the beginning.
  check();
  return all.signal;
}

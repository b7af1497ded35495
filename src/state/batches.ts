import type { Change, Snapshot } from "./store.ts";

/** One writer a process, one commit for all that wait: a change that waits for its outcome. */
export interface Waiting {
  readonly change: Change;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (snapshot: Snapshot) => void;
  readonly reject: (error: unknown) => void;
}

export interface Batches {
  add(change: Change, signal?: AbortSignal): Promise<Snapshot>;
}

/** Collects changes that come while others are being written: one writer a process, one commit for all that wait. */
export function createBatches(
  write: (waiting: readonly Waiting[], signal: AbortSignal | undefined) => Promise<void>,
): Batches {
  let queue: Waiting[] = [];
  let writing = false;
  return {
    add(change, signal) {
      return new Promise((resolve, reject) => {
        queue.push({ change, signal, resolve, reject });
        if (writing) return;
        writing = true;
        // A turn later, so that changes made at once are together from the first.
        queueMicrotask(() => void drain());
      });
    },
  };

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      await writeBatch(batch.filter(isWanted));
    }
    writing = false;
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await write(batch, whenAllAbort(batch));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function isWanted({ signal, reject }: Waiting): boolean {
  if (signal?.aborted !== true) return true;
  reject(signal.reason);
  return false;
}

/** One caller's interruption must not stop what others wait for. */
function whenAllAbort(batch: readonly Waiting[]): AbortSignal | undefined {
  const signals = batch.flatMap(({ signal }) => signal ?? []);
  if (signals.length < batch.length) return undefined;
  const [only] = signals;
  if (signals.length === 1) return only;
  const all = new AbortController();
  const check = (): void => {
    if (signals.every((signal) => signal.aborted)) all.abort(only?.reason);
  };
  for (const signal of signals) signal.addEventListener("abort", check, { once: true });
  return all.signal;
}

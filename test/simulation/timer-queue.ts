/** Something to happen at a time; those of one time in the order in which they were added. */
export interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Timers by time: a binary heap, from which cancelled ones are taken once they come to its top. */
export interface TimerQueue {
  /** Gives the way to cancel it. */
  add(at: number, fire: () => void): () => void;
  /** The earliest; `null`: there is none. */
  first(): Timer | null;
  cancel(timer: Timer): void;
}

export function createTimerQueue(): TimerQueue {
  const heap: Timer[] = [];
  const waiting = new Set<Timer>();
  let order = 0;
  return {
    add(at, fire) {
      const timer = { at, order: (order += 1), fire };
      waiting.add(timer);
      push(heap, timer);
      return () => waiting.delete(timer);
    },
    first() {
      for (;;) {
        const [top] = heap;
        if (top === undefined || waiting.has(top)) return top ?? null;
        pop(heap);
      }
    },
    cancel: (timer) => void waiting.delete(timer),
  };
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let place = heap.length;
  heap.push(timer);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, timer)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
    if (child === undefined || isBefore(last, child)) break;
    heap[place] = child;
    place = child === right ? 2 * place + 2 : 2 * place + 1;
  }
  heap[place] = last;
}

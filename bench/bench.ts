import { performance } from "node:perf_hooks";

/** One thing that is measured, against a peer or a floor that does the least that is needed. */
export interface Bench {
  /** What is measured, against what. */
  readonly about: string;
  /** The largest ratio that is good enough. */
  readonly limit: number;
  readonly ours: () => Promise<void>;
  readonly floor: () => Promise<void>;
  /** How many pairs are run. */
  readonly pairs: number;
}

/** A file of `bench/`: prepares its benches, and cleans up once they have run. */
export type Benches = (use: (benches: readonly Bench[]) => Promise<void>) => Promise<void>;

/** Medians in milliseconds, and the median of the ratios of all pairs. */
export interface Measured {
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
}

/** Runs pairs one after the other, each in the other order than the last, so that a busy moment strikes both sides. */
export async function measure(bench: Bench): Promise<Measured> {
  await bench.floor();
  await bench.ours();
  const pairs: { readonly ours: number; readonly floor: number }[] = [];
  for (let index = 0; index < bench.pairs; index += 1) {
    if (index % 2 === 0) {
      const ours = await time(bench.ours);
      pairs.push({ ours, floor: await time(bench.floor) });
    } else {
      const floor = await time(bench.floor);
      pairs.push({ ours: await time(bench.ours), floor });
    }
  }
  return {
    ours: median(pairs.map(({ ours }) => ours)),
    floor: median(pairs.map(({ floor }) => floor)),
    ratio: median(pairs.map(({ ours, floor }) => ours / floor)),
  };
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

import type { GpuUse } from "../../src/backends/backend.ts";
import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";

/** What a service asks for whose GPUs may idle: a percentage, and seconds, the fewest that can be asked for. */
export const idleLimit = { percent: 10, seconds: 300 } as const;

/** A GPU that really is in a simulated instance. What becomes of it comes to an end: it is used, or not, from then on. */
export interface Gpu {
  readonly name: string;
  readonly used: readonly Span[];
  /** When nothing measures it. */
  readonly unmeasured: readonly Span[];
}

/** Milliseconds since the epoch, the end excluded. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/** From one measure to the next: milliseconds. */
export const sampleMs = 15_000;

/** Longer than any window that is asked for: milliseconds. */
const keptMs = 420_000;

/** How likely a GPU of the instance is to come to idle: of some services, all but one replica's are. */
export function leaningOf({ replica }: { readonly replica: number }, ofService: Random): number {
  const leaning = pick(ofService, [0.5, 0.8, 1, null, null]);
  return leaning ?? (replica === between(ofService, 0, 1) ? 0 : 1);
}

/** Draws the GPUs of an instance that runs from then on. */
export function drawGpus(random: Random, runningAt: number, leaning: number): readonly Gpu[] {
  const count = pick(random, [1, 1, 1, 2]);
  return Array.from({ length: count }, (_, index) => ({
    name: String(index),
    used: drawUse(random, runningAt, leaning),
    unmeasured: random() < 0.3 ? drawGaps(random, runningAt) : [],
  }));
}

function drawUse(random: Random, runningAt: number, leaning: number): readonly Span[] {
  const turns = runningAt + between(random, 20_000, 600_000);
  if (random() >= leaning) return [{ from: random() < 0.5 ? runningAt : turns, until: Infinity }];
  const bursts = Array.from({ length: between(random, 1, 3) }, () =>
    spanFrom(runningAt + between(random, 0, 800_000), between(random, 1_000, 40_000)),
  );
  return pick(random, [[], [], [{ from: runningAt, until: turns }], bursts]);
}

/** Too short to matter, too long not to, or for good. */
function drawGaps(random: Random, runningAt: number): readonly Span[] {
  const from = runningAt + between(random, 0, 400_000);
  return [spanFrom(from, pick(random, [between(random, 5_000, 40_000), between(random, 80_000, 400_000), Infinity]))];
}

function spanFrom(from: number, milliseconds: number): Span {
  return { from, until: from + milliseconds };
}

/** What was measured of it, as of a moment: just enough where it was used, and just too little where it was not. */
export function measured({ name, used, unmeasured }: Gpu, runningAt: number, now: number): GpuUse {
  const last = Math.floor((now - runningAt) / sampleMs);
  const first = Math.max(1, last - keptMs / sampleMs);
  const moments = Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => runningAt + (first + index) * sampleMs,
  );
  return {
    gpu: name,
    samples: moments
      .filter((at) => isMeasured(unmeasured, at))
      .map((at) => ({ at, percent: idleLimit.percent - (isUsed(used, at - sampleMs, at) ? 0 : 1) })),
  };
}

/** Whether no measure from then until then showed it used, and it was not without any for more than so many milliseconds. */
export function wasIdle({ used, unmeasured }: Gpu, runningAt: number, { from, until }: Span, gap: number): boolean {
  const unseen = unmeasured.map((span) => Math.min(span.until, until) - Math.max(span.from, from));
  return !isSeenUsed({ used, unmeasured }, runningAt, { from, until }) && unseen.every((ms) => ms <= gap);
}

/** What begins and ends while nothing measures it is seen by nobody. */
function isSeenUsed({ used, unmeasured }: Omit<Gpu, "name">, runningAt: number, { from, until }: Span): boolean {
  for (let at = runningAt + Math.ceil((from - runningAt) / sampleMs) * sampleMs; at < until; at += sampleMs) {
    if (isMeasured(unmeasured, at) && isUsed(used, Math.max(from, at - sampleMs), at)) return true;
  }
  return false;
}

/** Whether nothing becomes of it any more, and it is measured and not used. */
export function isIdleForGood({ used, unmeasured }: Gpu, now: number): boolean {
  return [...used, ...unmeasured].every(({ until }) => until <= now);
}

function isMeasured(unmeasured: readonly Span[], at: number): boolean {
  return !unmeasured.some(({ from, until }) => from <= at && at < until);
}

function isUsed(used: readonly Span[], from: number, until: number): boolean {
  return used.some((span) => span.from < until && from < span.until);
}

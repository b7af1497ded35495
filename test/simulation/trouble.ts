import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";

/** What may go wrong at a call. */
export type Fault =
  /** A provider's call fails with a 5xx before it did anything. */
  | "refuses"
  /** It is refused with a 429. */
  | "limits"
  /** It does what it was asked, and then fails. */
  | "forgets"
  /** It takes long and times out, done or not. */
  | "hangs"
  /** A listing fails. */
  | "blinds"
  /** A listing shows nothing though everything is there: of providers alone that take a repeated call for the first one. */
  | "empties"
  /** While listings show nothing, what is there answers that it is ill, as where all of a provider is. */
  | "chokes"
  /** There is no capacity: where it is asked for, and where offers are. */
  | "lacks"
  /** The quota is used up. */
  | "quota"
  /** A healthy replica fails a probe, never three times in a row. */
  | "flaps"
  /** A publication does not reach the gateway, reaches it without an answer, or late. */
  | "deaf"
  /** The gateway does not say what it serves. */
  | "mute"
  /** A push is lost to a race, or its answer is. */
  | "pushes"
  /** The state cannot be fetched. */
  | "fetches";

/** Chances; an absent one: never. */
export type Trouble = Readonly<Partial<Record<Fault, number>>>;

const kinds: readonly ((random: Random) => Trouble)[] = [
  () => ({ refuses: 0.2, forgets: 0.2, blinds: 0.2, lacks: 0.2, pushes: 0.2 }),
  () => ({ refuses: 0.1, limits: 0.2, forgets: 0.1, hangs: 0.25, blinds: 0.1 }),
  () => ({ limits: 0.5, quota: 0.2 }),
  (random) => ({ blinds: random() < 0.5 ? 1 : 0.6 }),
  (random) => ({ lacks: random() < 0.5 ? 1 : 0.5, quota: 0.2 }),
  () => ({ flaps: 0.15 }),
  (random) => ({ deaf: random() < 0.3 ? 1 : 0.4, mute: 0.4 }),
  () => ({ pushes: 0.4, fetches: 0.1 }),
  () => ({ flaps: 0.1, forgets: 0.3, deaf: 0.2, mute: 0.2, pushes: 0.2, hangs: 0.1 }),
];

export function drawTrouble(random: Random): { readonly trouble: Trouble; readonly seconds: number } {
  const trouble = pick(random, kinds)(random);
  return { trouble, seconds: random() < 0.7 ? between(random, 5, 60) : between(random, 60, 240) };
}

import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";

/** What befalls one run of the program: plain data. */
export interface Run {
  /** How many of its effects may begin before it dies; `null`: as many as there are. */
  readonly dies: number | null;
  /** At which of its effects it stops for a while, as a suspended machine does. */
  readonly freezes: { readonly effect: number; readonly seconds: number } | null;
  /** Milliseconds that its clock is ahead. */
  readonly ahead: number;
  /** Its clock is set: after how many seconds, and by how many milliseconds. */
  readonly set: { readonly after: number; readonly by: number } | null;
  /** Whether it has the values that no file says. */
  readonly secrets: boolean;
}

/** Clocks of two runs never differ by more than twice this. */
export const mostAhead = 2_000;

export const calmRun: Run = { dies: null, freezes: null, ahead: 0, set: null, secrets: true };

export function drawRun(random: Random, hosts: "one" | "many"): Run {
  const fate = random();
  // One host has one clock.
  const skewed = hosts === "many" && random() < 0.6;
  const ahead = skewed ? between(random, -mostAhead, mostAhead) : 0;
  return {
    dies: fate < 0.4 ? between(random, 0, 60) : null,
    freezes:
      fate > 0.88
        ? {
            effect: between(random, 0, 40),
            seconds: pick(random, [between(random, 3, 50), between(random, 66, 200), between(random, 66, 200)]),
          }
        : null,
    ahead,
    set:
      skewed && random() < 0.3
        ? { after: between(random, 1, 60), by: between(random, -mostAhead, mostAhead) - ahead }
        : null,
    secrets: random() < 0.75,
  };
}

import { parseArgs } from "node:util";

import type { Fate } from "./site.ts";
import { isStepName, stepNames } from "./steps.ts";
import type { StepName } from "./steps.ts";

export interface Options {
  readonly only: readonly StepName[];
  /** First and last boundary to be killed at. */
  readonly from: number;
  readonly to: number;
  /** Every so many boundaries. */
  readonly every: number;
  /** At most so many boundaries of each place in the program, for each command. */
  readonly places: number;
  readonly threads: number;
  /** What becomes of git processes that run at that moment; `null`: one run with each. */
  readonly children: Fate | null;
  /** Ends after so many seconds, whatever is left. */
  readonly seconds: number;
  readonly verbose: boolean;
}

/** `--only roll,up --from 17 --to 17 --every 12 --places 1 --threads 2 --children live|die --seconds 90 --verbose`. */
export function optionsOf(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", default: stepNames.join() },
      from: { type: "string", default: "1" },
      to: { type: "string", default: "100000" },
      every: { type: "string", default: "1" },
      places: { type: "string", default: "100000" },
      threads: { type: "string", default: "2" },
      children: { type: "string" },
      seconds: { type: "string", default: "100000" },
      verbose: { type: "boolean", default: false },
    },
  });
  return {
    only: values.only.split(",").map(stepNamed),
    from: positive(values.from),
    to: positive(values.to),
    every: positive(values.every),
    places: positive(values.places),
    threads: positive(values.threads),
    seconds: positive(values.seconds),
    children: fateOf(values.children),
    verbose: values.verbose,
  };
}

function stepNamed(name: string): StepName {
  if (isStepName(name)) return name;
  throw new Error(`--only: expected some of ${stepNames.join()}, got ${name}`);
}

function fateOf(text: string | undefined): Fate | null {
  if (text === undefined || text === "live" || text === "die") return text ?? null;
  throw new Error(`--children: expected live or die, got ${text}`);
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`expected a number above 0, got ${text}`);
}

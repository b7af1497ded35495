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
  readonly threads: number;
  /** What becomes of git processes that run at that moment; `null`: one run with each. */
  readonly children: Fate | null;
  /** Ends after so many seconds, whatever is left. */
  readonly seconds: number;
  readonly verbose: boolean;
}

/** `--only roll,up --from 17 --to 17 --every 12 --threads 2 --children live|die --seconds 90 --verbose`. */
export function optionsOf(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", default: stepNames.join() },
      from: { type: "string", default: "1" },
      to: { type: "string", default: "100000" },
      every: { type: "string", default: "1" },
      threads: { type: "string", default: "2" },
      children: { type: "string" },
      seconds: { type: "string", default: "100000" },
      verbose: { type: "boolean", default: false },
    },
  });
  const only = values.only.split(",").map((name) => {
    if (isStepName(name)) return name;
    throw new Error(`--only: expected some of ${stepNames.join()}, got ${name}`);
  });
  const { children = null } = values;
  if (children !== null && children !== "live" && children !== "die")
    throw new Error(`--children: expected live or die, got ${children}`);
  const [from, to, every, threads, seconds] = [
    values.from,
    values.to,
    values.every,
    values.threads,
    values.seconds,
  ].map((text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number > 0) return number;
    throw new Error(`expected a number above 0, got ${text}`);
  });
  return {
    only,
    from: from ?? 1,
    to: to ?? 1,
    every: every ?? 1,
    threads: threads ?? 1,
    seconds: seconds ?? 1,
    children,
    verbose: values.verbose,
  };
}

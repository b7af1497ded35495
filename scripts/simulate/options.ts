import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { isSituation, situationNames } from "../../test/simulation/situations.ts";
import type { Situation } from "../../test/simulation/situations.ts";

/** What `npm run simulate` is asked for. */
export interface Options {
  readonly from: number;
  /** Seeds whose state branch is in memory. */
  readonly seeds: number;
  /** Seeds whose state branch is one of a real git repository, besides. */
  readonly realGit: number;
  readonly verbose: boolean;
  /** Steps of the one seed that are to be run, as a shrunk scenario names them. */
  readonly only: string | null;
  readonly threads: number;
  /** What seeds are led into; `null`: nothing, they are run as they are drawn. */
  readonly situation: Situation | null;
}

export const usage = `npm run simulate -- [--seeds N] [--from SEED] [--real-git N] [--verbose] [--threads N] [--situation NAME]
npm run simulate -- --from SEED --only STEPS [--real-git 1]     replays one seed with some of its steps`;

export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      "real-git": { type: "string", default: "0" },
      verbose: { type: "boolean", default: false },
      only: { type: "string" },
      threads: { type: "string", default: String(availableParallelism()) },
      situation: { type: "string" },
    },
  });
  const realGit = wholeNumber("--real-git", values["real-git"]);
  return {
    from: wholeNumber("--from", values.from),
    // Asked for git alone, nothing else is run.
    seeds: wholeNumber("--seeds", values.seeds ?? (realGit > 0 ? "0" : "100")),
    realGit,
    verbose: values.verbose,
    only: values.only ?? null,
    threads: Math.max(1, wholeNumber("--threads", values.threads)),
    situation: situationOf(values.situation),
  };
}

function wholeNumber(option: string, written: string): number {
  if (/^\d{1,9}$/.test(written)) return Number(written);
  throw new Error(`expected a whole number for ${option}, got ${JSON.stringify(written)}\n${usage}`);
}

function situationOf(name: string | undefined): Situation | null {
  if (name === undefined || isSituation(name)) return name ?? null;
  throw new Error(`expected one of ${situationNames.join(", ")} for --situation, got ${JSON.stringify(name)}`);
}

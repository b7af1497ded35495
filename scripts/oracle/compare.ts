import { type ServerDifference, serverDifferences, type ServersWorld } from "./differences.ts";
import { explanation, sameVerdict } from "./explanation.ts";
import type { Usable } from "./facets.ts";
import { ourAnswer, readPair } from "./ours.ts";
import type { Pair } from "./pair.ts";
import { resourcesOf, type Server, stopRuns } from "./server.ts";
import { serverPython, theirAnswer, type TheirAnswer, type Verdict } from "./theirs.ts";

/** How one pair came out. */
export type Outcome =
  /** Both say the same; or would, but for these listed differences. */
  | { readonly kind: "agreed"; readonly differences: readonly string[] }
  /** The server did not get to an answer, through no fault of either file. */
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "disagreed"; readonly pair: Pair; readonly ours: Verdict; readonly theirs: TheirAnswer };

/** Asks both sides about pairs. */
export interface Oracle extends AsyncDisposable {
  /** What the server's project has for the pairs. */
  readonly usable: Usable;
  readonly compare: (pair: Pair) => Promise<Outcome>;
  /** Whether the server still answers as the list of differences says. */
  readonly stands: (difference: ServerDifference) => Promise<boolean>;
}

/** An oracle on a server. Every pair is a run of its own; when it is disposed of, none goes on. */
export async function openOracle(server: Server): Promise<Oracle> {
  const world: ServersWorld = { python: await serverPython(server) };
  const suffix = Date.now().toString(36);
  const runs: string[] = [];

  async function compare(pair: Pair): Promise<Outcome> {
    const ours = ourAnswer(pair);
    const run = `${suffix}-${runs.length}`;
    runs.push(run);
    const theirs = await theirAnswer(server, pair, run);
    if (theirs.kind === "refused")
      return cannotAnswer.test(theirs.message)
        ? { kind: "skipped", reason: theirs.message }
        : { kind: "disagreed", pair, ours, theirs };
    const differences = explanation(readPair(pair), theirs, world);
    // Without listed differences it is the answer of `diff` itself that must be theirs.
    const agrees = differences !== null && (differences.length > 0 || sameVerdict(ours, theirs));
    return agrees ? { kind: "agreed", differences } : { kind: "disagreed", pair, ours, theirs };
  }

  return {
    usable: await resourcesOf(server),
    compare,
    stands: async (difference) => {
      const outcome = await compare(exampleOf(difference, world));
      return outcome.kind === "skipped" || (outcome.kind === "agreed" && outcome.differences.includes(difference.name));
    },
    [Symbol.asyncDispose]: async () =>
      stopRuns(
        server,
        runs.map((run) => `web-${run}`),
      ),
  };
}

/** What a server without a network says of an image whose registry it cannot ask; one of our own has none to ask. */
const cannotAnswer = /^400: Error pulling configuration for image /;

/** A pair that differs in what is listed, and in nothing else. */
export function exampleOf(difference: ServerDifference, world: ServersWorld): Pair {
  const [before, after] = difference
    .example(world)
    .map((lines) => ({ text: `type: service\nname: web\nport: 80\n${lines}`, edition: 1 }));
  if (before === undefined || after === undefined) throw new Error("an example has two files");
  const index = serverDifferences.indexOf(difference);
  return { index, kind: "changed", changed: [difference.name], before, after };
}

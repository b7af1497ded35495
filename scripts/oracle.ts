import { parseArgs } from "node:util";

import { exitCodes, UserError } from "../src/lib/user-error.ts";
import { openOracle, type Outcome } from "./oracle/compare.ts";
import { serverDifferences } from "./oracle/differences.ts";
import { startServer } from "./oracle/own-server.ts";
import { pairOf } from "./oracle/pair.ts";
import { connect, type Server } from "./oracle/server.ts";

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());

try {
  const { url, ...asked } = askedFor();
  if (url === undefined) {
    await using own = await startServer(interrupted.signal);
    await ask(connect(own), asked);
  } else {
    await ask(connect({ url, token: tokenFor(url) }), asked);
  }
} catch (error) {
  process.exitCode = interrupted.signal.aborted ? exitCodes.interrupted : exitCodes.failed;
  if (interrupted.signal.aborted) console.error("interrupted");
  else if (error instanceof UserError)
    console.error(`error[${error.code}]: ${error.message}\n${error.hint ?? ""}`.trimEnd());
  else console.error(error);
}

interface Asked {
  readonly seed: number;
  /** Index of the first pair. */
  readonly first: number;
  readonly count: number;
}

function askedFor(): Asked & { readonly url: string | undefined } {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      pairs: { type: "string", default: "300" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
    },
  });
  const seed = wholeNumber("--seed", values.seed);
  return values.only === undefined
    ? { url: values.url, seed, first: 0, count: wholeNumber("--pairs", values.pairs) }
    : { url: values.url, seed, first: wholeNumber("--only", values.only), count: 1 };
}

function wholeNumber(option: string, written: string): number {
  if (/^\d{1,9}$/.test(written)) return Number(written);
  throw new UserError("usage", `expected a whole number for ${option}, got ${JSON.stringify(written)}`);
}

function tokenFor(url: string): string {
  const token = process.env["DSTACK_TOKEN"] ?? "";
  if (token !== "") return token;
  throw new UserError("no-token", `expected DSTACK_TOKEN to hold a token for ${url}, got nothing`, {
    hint: "set it to a token of the server, or leave `--url` out to ask a server of our own",
  });
}

/** Compares the pairs, and says what came out. A listed difference that is none any more counts as failed. */
async function ask(server: Server, { seed, first, count }: Asked): Promise<void> {
  await using oracle = await openOracle(server);
  const explained = new Map(serverDifferences.map(({ name }) => [name, 0]));
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const difference of serverDifferences) {
    if (await oracle.stands(difference)) continue;
    failed += 1;
    console.log(JSON.stringify({ difference: difference.name, message: "the server no longer answers as listed" }));
  }
  for (let index = first; index < first + count; index += 1) {
    interrupted.signal.throwIfAborted();
    const outcome = await oracle.compare(pairOf({ seed, index, usable: oracle.usable }));
    if (outcome.kind === "agreed") {
      passed += 1;
      for (const name of outcome.differences) explained.set(name, (explained.get(name) ?? 0) + 1);
    } else if (outcome.kind === "skipped") {
      skipped += 1;
      console.log(JSON.stringify({ pair: index, skipped: outcome.reason }));
    } else {
      failed += 1;
      console.log(JSON.stringify(toldOf(outcome, seed)));
    }
  }
  for (const [name, times] of explained) if (times > 0) console.log(`listed difference: ${name}, ${times} times`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failed === 0 ? exitCodes.success : exitCodes.failed;
}

function toldOf({ pair, ours, theirs }: Extract<Outcome, { kind: "disagreed" }>, seed: number): unknown {
  const { index, kind, changed, before, after } = pair;
  const replay = `npm run oracle -- --seed ${seed} --only ${index}`;
  return { pair: index, kind, changed, ours, theirs, before, after, replay };
}

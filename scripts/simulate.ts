/** Runs seeded scenarios of the whole program on simulated time; shrinks the first that breaks an invariant. */

import { applyCuts, parseCuts } from "../test/simulation/cuts.ts";
import { scenarioOf } from "../test/simulation/situations.ts";
import { createCrew } from "./simulate/crew.ts";
import { optionsOf } from "./simulate/options.ts";
import type { Options } from "./simulate/options.ts";
import { runSeed } from "./simulate/run-seed.ts";
import { smallest } from "./simulate/smallest.ts";
import { tasksOf } from "./simulate/task.ts";
import type { SeedResult, SeedsTask } from "./simulate/task.ts";

interface Ran extends SeedResult {
  readonly realGit: boolean;
}

const options = optionsOf(process.argv.slice(2));
const counts = { passed: 0, failed: 0, seconds: 0 };
let firstFailed: Ran | null = null;

for await (const result of options.only === null ? runSeeds(options) : replay(options, options.only)) {
  counts.seconds += result.seconds;
  if (result.broken === null) counts.passed += 1;
  else counts.failed += 1;
  if (options.verbose || options.only !== null) say(...result.timeline, outcomeOf(result));
  else if (result.broken !== null) say(outcomeOf(result));
  if (result.broken !== null) firstFailed ??= result;
  progress(counts.passed + counts.failed, options.seeds + options.realGit);
}
progress(0, 0);
if (firstFailed !== null && options.only === null) await explain(firstFailed);
say(`simulated ${(counts.seconds / 3600).toFixed(1)} hours`, `${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** In the order of the seeds, whichever thread was faster. */
async function* runSeeds({ from, seeds, realGit, verbose, threads, situation }: Options): AsyncGenerator<Ran> {
  await using crew = createCrew<SeedsTask, readonly SeedResult[]>(
    new URL("simulate/seeds-worker.ts", import.meta.url),
    threads,
  );
  const tasks = [
    ...tasksOf(
      { from, count: seeds, realGit: false, verbose, situation },
      Math.ceil(Math.min(25, seeds / threads / 4)),
    ),
    ...tasksOf({ from, count: realGit, realGit: true, verbose, situation }, 1),
  ];
  const answers = tasks.map((task) => ({ task, results: crew.ask(task) }));
  // Those that come later are looked at later.
  for (const { results } of answers) results.catch(() => undefined);
  for (const { task, results } of answers)
    for (const result of await results) yield { ...result, realGit: task.realGit };
}

async function* replay({ from, realGit, situation }: Options, only: string): AsyncGenerator<Ran> {
  const drawn = scenarioOf(from, situation ?? undefined);
  const scenario = applyCuts(drawn, parseCuts(drawn, only));
  yield { ...(await runSeed({ seed: from, realGit: realGit > 0, scenario })), realGit: realGit > 0 };
}

/** What is left of a failing scenario, how it went, and how to see it again. */
async function explain({ realGit, ...failed }: Ran): Promise<void> {
  const { result, steps, only } = await smallest(failed, {
    drawn: scenarioOf(failed.seed, options.situation ?? undefined),
    realGit,
  });
  say("", `seed ${failed.seed}, shrunk from ${steps.drawn} steps to ${steps.left}:`, ...result.timeline);
  say(outcomeOf(result));
  const where = `${options.situation === null ? "" : ` --situation ${options.situation}`}${realGit ? " --real-git 1" : ""}`;
  say(`replay: npm run simulate -- --from ${failed.seed}${where} --only '${only}'`, "");
}

function outcomeOf({ seed, broken }: Pick<SeedResult, "seed" | "broken">): string {
  return `seed ${seed}: ${broken ?? "nothing broken"}`;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** On a terminal alone; without a count, the line is cleared. */
function progress(done: number, of: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(of === 0 ? "\r\x1b[K" : `\r${done} of ${of}, ${counts.failed} failed`);
}

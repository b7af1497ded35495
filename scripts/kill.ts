/** Kills the program at every moment at which it has an effect, one run each, and looks what one ordinary run makes of it. */

import { createCrew } from "./kill/crew.ts";
import type { Boundary, Crew, Kill, Killed } from "./kill/crew.ts";
import { optionsOf } from "./kill/options.ts";
import { stepNames } from "./kill/steps.ts";
import type { StepName } from "./kill/steps.ts";

const options = optionsOf(process.argv.slice(2));
const begun = performance.now();
const tallies = new Map(
  options.only.map((name) => [name, { boundaries: 0, hit: new Set<number>(), places: new Set<string>(), kills: 0 }]),
);
const counts = { passed: 0, failed: 0 };
/** Steps that end before the boundary that is looked for. */
const exhausted = new Set<StepName>();
let next = options.from;
let interrupted = false;
process.once("SIGINT", () => (interrupted = true)).once("SIGTERM", () => (interrupted = true));

await learn();
await Promise.all(Array.from({ length: options.threads }, work));
report();
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function learn(): Promise<void> {
  await using crew = await createCrew();
  for (const name of stepNames.filter((each) => options.only.includes(each)))
    tallyOf(name).boundaries = (await crew.learn(name)).length;
}

async function work(): Promise<void> {
  let crew: Crew | null = null;
  try {
    for (let at = next; isWanted(at); at = next) {
      next += options.every;
      const also: StepName[] = [];
      for (const step of options.only.filter((name) => !exhausted.has(name))) {
        crew ??= await createCrew();
        const kill: Kill = { step, at, children: options.children ?? "live" };
        const killed = await killOnce(crew, kill);
        if (options.children === null && (killed.struck?.children ?? 0) > 0) also.push(step);
        if (killed.struck === null && at >= tallyOf(step).boundaries) exhausted.add(step);
        if (killed.wrong.length > 0) crew = await leave(crew);
      }
      for (const step of also) {
        crew ??= await createCrew();
        if ((await killOnce(crew, { step, at, children: "die" })).wrong.length > 0) crew = await leave(crew);
      }
    }
  } finally {
    await crew?.[Symbol.asyncDispose]();
  }
}

function isWanted(at: number): boolean {
  return (
    !interrupted &&
    at <= options.to &&
    exhausted.size < options.only.length &&
    performance.now() - begun < options.seconds * 1_000
  );
}

/** What went wrong on a site says nothing of what comes after. */
async function leave(crew: Crew): Promise<null> {
  await crew[Symbol.asyncDispose]();
  return null;
}

async function killOnce(crew: Crew, kill: Kill): Promise<Killed> {
  const killed = await crew.kill(kill).catch((error: unknown): Killed => ({ struck: null, wrong: [String(error)] }));
  const { struck, wrong } = killed;
  if (struck !== null) count(kill, struck);
  if (wrong.length > 0) counts.failed += 1;
  else if (struck !== null) counts.passed += 1;
  if (wrong.length > 0 || options.verbose) explain(kill, killed);
  return killed;
}

function count({ step, at }: Kill, { effect, place }: Boundary): void {
  const tally = tallyOf(step);
  tally.hit.add(at);
  tally.places.add(`${effect} at ${place}`);
  tally.kills += 1;
}

function explain({ step, at, children }: Kill, { struck, wrong }: Killed): void {
  const where = struck === null ? "not killed" : `${struck.effect} (${struck.place}), ${struck.children} git processes`;
  console.log(`${wrong.length === 0 ? "ok" : "FAILED"} ${step}, boundary ${at}: ${where}`);
  for (const line of wrong) console.log(`  ${line}`);
  if (wrong.length > 0)
    console.log(`  repeat: npm run kill -- --only ${step} --from ${at} --to ${at} --children ${children} --threads 1`);
}

function tallyOf(step: StepName) {
  const tally = tallies.get(step);
  if (tally === undefined) throw new Error(`${step} is not among the steps`);
  return tally;
}

function report(): void {
  const all = [...tallies.values()];
  for (const [name, { boundaries, hit, places, kills }] of tallies)
    console.log(`boundaries: ${hit.size} hit of ${boundaries} of ${name}, ${places.size} places, ${kills} kills`);
  const places = new Set(all.flatMap((tally) => [...tally.places]));
  const [hit, boundaries, kills] = [
    all.reduce((sum, tally) => sum + tally.hit.size, 0),
    all.reduce((sum, tally) => sum + tally.boundaries, 0),
    all.reduce((sum, tally) => sum + tally.kills, 0),
  ];
  const seconds = Math.round((performance.now() - begun) / 1_000);
  console.log(`boundaries: ${hit} hit of ${boundaries} in all, ${places.size} places, ${kills} kills, ${seconds} s`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
}

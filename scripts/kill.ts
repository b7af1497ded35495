/** Kills the program at every moment at which it has an effect, one run each, and looks what one ordinary run makes of it. */

import { createCrew } from "./kill/crew.ts";
import type { Crew, Kill, Killed } from "./kill/crew.ts";
import { optionsOf } from "./kill/options.ts";
import { stepNames } from "./kill/steps.ts";
import type { StepName } from "./kill/steps.ts";
import { createTally } from "./kill/tally.ts";

const options = optionsOf(process.argv.slice(2));
const begun = performance.now();
const tally = createTally();
const counts = { passed: 0, failed: 0 };
/** So many more boundaries than were counted may there be in another run. */
const margin = 10;
let interrupted = false;
// Of execa too, which would end this process where nobody else listened.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (interrupted = true));

await learn();
const ahead = boundaries();
await Promise.all(Array.from({ length: options.threads }, work));
for (const line of tally.lines()) console.log(line);
console.log(`${Math.round((performance.now() - begun) / 1_000)} s`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function learn(): Promise<void> {
  await using crew = await createCrew();
  for (const name of stepNames.filter((each) => options.only.includes(each))) tally.know(name, await crew.learn(name));
}

/** One site, and on it one boundary after the other; a worker takes whichever comes next. */
async function work(): Promise<void> {
  const site: { crew: Crew | null } = { crew: null };
  try {
    for (let at = ahead.shift(); at !== undefined && isInTime(); at = ahead.shift()) {
      const also: StepName[] = [];
      for (const step of stepsAt(at)) {
        const { struck } = await killOnce({ step, at, children: options.children ?? "live" });
        if (options.children === null && (struck?.children ?? 0) > 0) also.push(step);
      }
      for (const step of also) await killOnce({ step, at, children: "die" });
    }
  } finally {
    await site.crew?.[Symbol.asyncDispose]();
  }

  async function killOnce(kill: Kill): Promise<Killed> {
    site.crew ??= await createCrew();
    const killed = await site.crew
      .kill(kill)
      .catch((error: unknown): Killed => ({ struck: null, wrong: [String(error)] }));
    note(kill, killed);
    if (killed.wrong.length > 0) {
      // What went wrong on a site says nothing of what comes after.
      await site.crew[Symbol.asyncDispose]();
      site.crew = null;
    }
    return killed;
  }
}

/** Spread out evenly from the first on, so that whoever has little time sees something of everything. */
function boundaries(): number[] {
  const last = Math.min(options.to, Math.max(...options.only.map((step) => tally.known(step))) + margin);
  const all = Array.from({ length: Math.max(0, last - options.from + 1) }, (_, index) => options.from + index);
  const golden = (at: number): number => (at * 0.618_033_988_75) % 1;
  return all.filter((_, index) => index % options.every === 0).sort((a, b) => golden(a) - golden(b));
}

function isInTime(): boolean {
  return !interrupted && performance.now() - begun < options.seconds * 1_000;
}

function stepsAt(at: number): readonly StepName[] {
  return options.only.filter((step) => at <= tally.known(step) + margin && tally.isAmong(step, at, options.places));
}

function note(kill: Kill, killed: Killed): void {
  const { struck, wrong } = killed;
  if (struck !== null) tally.hit(kill.step, struck);
  if (wrong.length > 0) counts.failed += 1;
  else if (struck !== null) counts.passed += 1;
  if (wrong.length > 0 || options.verbose) explain(kill, killed);
}

function explain({ step, at, children }: Kill, { struck, wrong }: Killed): void {
  const where = struck === null ? "not killed" : `${struck.effect} (${struck.place}), ${struck.children} git processes`;
  console.log(`${wrong.length === 0 ? "ok" : "FAILED"} ${step}, boundary ${at}: ${where}`);
  for (const line of wrong) console.log(`  ${line}`);
  if (wrong.length > 0)
    console.log(`  repeat: npm run kill -- --only ${step} --from ${at} --to ${at} --children ${children} --threads 1`);
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { type Benches, measure } from "./bench.ts";

/** Every bench, by the name that `npm run bench NAME` takes. */
const all: Readonly<Record<string, () => Promise<void>>> = {
  start: async () => compare("start", (await import("./start.ts")).start),
  plan: async () => compare("plan", (await import("./plan.ts")).plan),
  validate: async () => compare("validate", (await import("./validate.ts")).validate),
  decide: async () => compare("decide", (await import("./decide.ts")).decideBench),
  history: async () => compare("history", (await import("./history.ts")).history),
  commit: async () => compare("commit", (await import("./commit.ts")).commitBench),
  roll: async () => program("./roll.ts"),
  gateway: async () => program("./gateway.ts"),
  writers: async () => program("./writers.ts"),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => all[name] === undefined);
if (unknown.length > 0) {
  console.error(`no bench named ${unknown.join(", ")}; there are: ${Object.keys(all).join(", ")}`);
  process.exit(2);
}
for (const [name, run] of Object.entries(all)) if (named.length === 0 || named.includes(name)) await run();

/** Prints a line for each pair that is measured; one above its limit fails the run. */
async function compare(name: string, benches: Benches): Promise<void> {
  await benches(async (list) => {
    for (const bench of list) {
      const { ours, floor, ratio } = await measure(bench);
      const ok = ratio <= bench.limit;
      console.log(
        `${ok ? "ok  " : "SLOW"} ${name}: ${bench.about}: ${ratio.toFixed(2)} × (at most ${bench.limit}), ` +
          `${ours.toFixed(1)} ms against ${floor.toFixed(1)} ms, medians of ${bench.pairs} pairs`,
      );
      if (!ok) process.exitCode = 1;
    }
  });
}

/** A bench that is a program of its own and prints what it found. */
async function program(path: string): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(path, import.meta.url))], { stdio: "inherit" });
  const ended: readonly unknown[] = await once(child, "exit");
  if (ended[0] !== 0) process.exitCode = 1;
}

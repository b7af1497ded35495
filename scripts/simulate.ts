import { parseArgs } from "node:util";

import { simulate } from "../test/simulation/simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
  },
});
const from = Number(values.from);
const count = Number(values.seeds);
let passed = 0;
let failed = 0;
let simulated = 0;

for (let seed = from; seed < from + count; seed += 1) {
  const result = await simulate(seed);
  simulated += result.seconds;
  if (result.broken === null) passed += 1;
  else failed += 1;
  if (values.verbose || (result.broken !== null && failed === 1)) {
    process.stdout.write(`${result.timeline.join("\n")}\n`);
    process.stdout.write(`seed ${seed}: ${result.broken ?? "nothing broken"}\n`);
    if (result.broken !== null)
      process.stdout.write(`replay: npm run simulate -- --seeds 1 --from ${seed} --verbose\n`);
  } else if (result.broken !== null) {
    process.stdout.write(`seed ${seed}: ${result.broken}\n`);
  }
}
process.stdout.write(`simulated ${(simulated / 3600).toFixed(1)} hours\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

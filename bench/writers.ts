import { parseArgs } from "node:util";

import { runFleet } from "./writer-fleet.ts";
import type { FleetOutcome } from "./writer-fleet.ts";

/** Writers side by side against one alone: nothing lost, nobody starved, and no more time spent on each other than on writing. */
const { values } = parseArgs({
  options: {
    writers: { type: "string", default: "32" },
    seconds: { type: "string", default: "60" },
    "kill-every": { type: "string", default: "3" },
    hosts: { type: "string", default: "1" },
  },
});
const [writers, seconds, hosts] = [Number(values.writers), Number(values.seconds), Number(values.hosts)];
const limits = { share: 0.5, starving: 10 } as const;

const before = await runFleet({ writers: 1, seconds: seconds / 4 });
const together = await runFleet({ writers, seconds, hosts });
const killed = await runFleet({ writers, seconds, hosts, killEvery: Number(values["kill-every"]) });
const after = await runFleet({ writers: 1, seconds: seconds / 4 });
const alone = (before.perSecond + after.perSecond) / 2;
console.log(
  `     writers: one alone: ${before.perSecond.toFixed(1)} and ${after.perSecond.toFixed(1)} writes a second`,
);
report("together", together);
report("together, with kills", killed);

function report(what: string, outcome: FleetOutcome): void {
  const { acknowledged, perSecond, waits, kills, faults, shares } = outcome;
  const median = waits[Math.floor(waits.length / 2)] ?? Number.NaN;
  const longest = waits.at(-1) ?? Number.NaN;
  const share = perSecond / alone;
  const ok = faults.length === 0 && share >= limits.share && longest <= limits.starving * median;
  console.log(
    `${ok ? "ok  " : "FAIL"} writers: ${writers} ${what}${hosts === 1 ? "" : `, on ${hosts} machines`}: ${acknowledged} acknowledged in ${seconds} s, ${perSecond.toFixed(1)} a second, ` +
      `${share.toFixed(2)} × one alone (at least ${limits.share}); a write waits ${median.toFixed(0)} ms, the longest ${longest.toFixed(0)} ms, ` +
      `${(longest / median).toFixed(1)} × (at most ${limits.starving}); ${Math.min(...shares)} to ${Math.max(...shares)} writes each; ` +
      `${kills} kills; ${faults.length === 0 ? "none lost" : faults.join("; ")}`,
  );
  if (!ok) process.exitCode = 1;
}

import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about what proves that nobody uses the GPUs of a service. */
export const idleMutants: readonly Mutant[] = inFile("src/reconciler/decide/end-idle.ts", [
  ["one idle replica ends the service", "idle.length < counted.length", "idle.length === 0"],
  [
    "what is on its way or was lost is not waited for",
    "record.replicas.filter((replica) => !isFailingFor(replica, policy, context))",
    "record.replicas.filter(isServing)",
  ],
  ["a GPU that was used within the time is idle", "return Math.max(measured, used + 1);", "return measured;"],
  [
    "a GPU that is used as much as is asked for is idle",
    "!(percent < policy.min_gpu_utilization)",
    "percent > policy.min_gpu_utilization",
  ],
  ["time without measures is idle", "const measured = gap > 0 ? (samples[gap]?.at ?? newest.at) :", "const measured ="],
  ["old measures are enough", " || now - newest.at > longestGap) return null;", ") return null;"],
  // That it was idle before it was accepted is asked by its window and by its settling, too: taking out one changes nothing.
  [
    "what was idle before an edit is idle",
    "[target.acceptedAt, window.openedAt, settledAt, scaled?.at ?? null, ...turnedDown]",
    "[scaled?.at ?? null]",
  ],
  ["what is not ready yet is idle", "since: Math.max(since, earliest)", "since"],
  [
    "what is idle runs on",
    "if (context.now < end) return wake(draft, end);",
    "if (context.now < Infinity) return draft;",
  ],
]);

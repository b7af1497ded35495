import { isRecord } from "./agree.ts";
import type { Case } from "./case.ts";

interface Difference {
  readonly file: string;
  readonly matches: (conformanceCase: Case) => boolean;
  readonly reason: string;
}

const newer = "later versions of the reference have it, and it only adds";

/** Where this program answers otherwise on purpose; `docs/differences.md` says the same. */
export const differences: readonly Difference[] = [
  {
    file: "configurations.json",
    matches: ({ input }) => isRecord(input) && input["https"] === "auto",
    reason: `\`https: auto\`: ${newer}`,
  },
  {
    file: "configurations.json",
    matches: ({ input }) => isRecord(input) && isRecord(input["scaling"]) && "window" in input["scaling"],
    reason: `\`scaling.window\`: ${newer}`,
  },
  {
    file: "configurations.json",
    matches: ({ input }) =>
      isRecord(input) && typeof input["name"] === "string" && !/^[a-z][a-z0-9-]{1,40}$/.test(input["name"]),
    reason: "names are checked when files are read, not only when they are planned",
  },
  {
    file: "probes_config.json",
    matches: ({ input }) => JSON.stringify(input).includes('"until_ready"'),
    reason: `\`until_ready\`: ${newer}`,
  },
  {
    file: "resources_cpu.json",
    matches: ({ input }) => isRecord(input) && !("count" in input),
    reason: `a CPU range with one bound: ${newer}`,
  },
  {
    file: "mappings.json",
    matches: ({ input }) => isRecord(input) && "if_exists" in input,
    reason: `\`if_exists\`: ${newer}`,
  },
  {
    file: "durations.json",
    matches: ({ name, input }) => name.startsWith("off_duration/") && Number(input) < 0,
    reason: "a negative duration is refused, as by later versions; before, its meaning was undefined",
  },
  {
    file: "durations.json",
    matches: ({ name, input }) => name.startsWith("idle_duration/") && input === true,
    reason: "`idle_duration: true` means not set, as in later versions; before, it meant one second",
  },
  {
    file: "rolling_deployment.json",
    matches: ({ name }) => name === "step/deploy-with-scale-up",
    reason:
      "what a change of `replicas` adds and what a rollout adds are started together, as in later versions; before, one pass later",
  },
];

import type { Difference } from "./case.ts";
import { anywhere, texts } from "./look-for.ts";
import { stateDifferences } from "./state-differences.ts";

/** Where this program answers otherwise on purpose; `docs/differences.md` says the same. */
export const differences: readonly Difference[] = [
  {
    matches: ({ input }) =>
      anywhere(input, (key, member) => later.has(key) || later.has(`${key}: ${String(member)}`)) ||
      texts(input).some((text) => laterBackends.has(text)),
    reason:
      "what only later versions of the reference have, and only adds, is there: `https: auto`, `scaling.window`, `until_ready` of probes, `if_exists` of repositories, Python 3.14, backends that came later",
  },
  {
    matches: ({ name, input }) =>
      (name.startsWith("off_duration/") && Number(input) < 0) ||
      anywhere(input, (key, member) => /^(?:max|stop)_duration$/.test(key) && Number(member) < 0),
    reason:
      "a negative `max_duration` or `stop_duration` is refused, as by later versions; before, its meaning was undefined",
  },
  {
    matches: ({ name, input }) =>
      (name.startsWith("idle_duration/") && typeof input === "boolean") ||
      anywhere(input, (key, member) => key === "idle_duration" && typeof member === "boolean"),
    reason:
      "`idle_duration: true` means not set and `off` without quotes, which is a boolean in YAML, for ever, as in later versions; before, they meant one second and none",
  },
  {
    matches: ({ input }) => texts(input).some((text) => text.endsWith("\n")),
    reason: "a line break at the end belongs to a name, tag, path or port, where it is refused",
  },
  {
    matches: ({ input }) =>
      texts(input).some((text) => noNumber.test(text) || otherDigit.test(text) || /\d{16}/.test(text)) ||
      anywhere({ input }, (_, member) => typeof member === "number" && Math.abs(member) > Number.MAX_SAFE_INTEGER),
    reason: "numbers are finite, below 2^53 (but for `burst`), and written with the digits 0 to 9",
  },
  {
    matches: ({ input }) => anywhere({ port: input }, (key, member) => key === "port" && /65536/.test(String(member))),
    reason: "ports end at 65535",
  },
  {
    matches: ({ name, input }) =>
      anywhere(
        name.startsWith("env/") ? { env: input } : input,
        (key, member) => key === "env" && !isUsableEnv(member),
      ),
    reason: "a name of an environment variable is not empty and has no `=`, and its value is text or a number",
  },
  {
    matches: ({ name, input }) => name.startsWith("resolve/") && texts(input).some((text) => text.includes("\n")),
    reason: "a value given with `-e` may have several lines",
  },
  {
    matches: ({ input }, file) =>
      (/^resources_(?:cpu|gpu|spec)/.test(file) && isAccident("gpu", input)) || anywhere(input, isAccident),
    reason:
      "what the reference makes sense of by accident is refused: an empty list or text for a mapping, `gpu: true` for a model named `True`",
  },
  {
    matches: ({ input }) => anywhere(input, (key, member) => key === "docker" && typeof member !== "boolean"),
    reason: "`docker` excludes `image`, `python` and `nvcc` also where it is given as a word or a number",
  },
  {
    matches: ({ input }) => anywhere(input, (key) => deprecated.has(key)),
    reason: "properties that the reference reads for old clients and ignores are unknown",
  },
  {
    matches: ({ name, input }) => name.startsWith("plan/") && anywhere(input, (key) => spelt.has(key)),
    reason:
      "two ways to write one value are no change: `single_branch: true` and `priority: 0` are the defaults, `retry: true` is its long form, and probes' defaults and a list of one volume may be written out",
  },
  {
    matches: ({ name }, file) => file === "offers.json" && name.startsWith("disk/"),
    reason: "fractions of a GB of a disk are kept, and not cut off",
  },
  {
    matches: ({ name, input }) => /^(?:pretty_duration|multiunit)\//.test(name) && Number(input) < 0,
    reason: "negative durations are printed, and not refused",
  },
  {
    matches: ({ name }) => name === "step/deploy-with-scale-up",
    reason:
      "what a change of `replicas` adds and what a rollout adds are started together, as in later versions; before, one pass later",
  },
  ...stateDifferences,
];

const later: ReadonlySet<string> = new Set(["https: auto", "window", "until_ready", "if_exists", "python: 3.14"]);
const laterBackends: ReadonlySet<string> = new Set(["crusoe", "jarvislabs", "slurm", "verda", "ssh", "docker"]);
const noNumber = /^\s*[-+]?(?:inf(?:inity)?|nan)(?:[mgt]b)?\s*$/i;
const otherDigit = /(?![0-9])\p{Nd}/u;
const mappings: ReadonlySet<string> = new Set(["resources", "cpu", "gpu", "retry"]);
const spelt: ReadonlySet<string> = new Set(["single_branch", "priority", "retry", "probes", "volumes"]);
const deprecated: ReadonlySet<string> = new Set([
  "pool_name",
  "instance_name",
  "retry_policy",
  "termination_policy",
  "termination_idle_time",
]);

function isUsableEnv(env: unknown): boolean {
  if (Array.isArray(env)) return env.every((item) => typeof item !== "object" && !/^(?:=|$)/.test(String(item)));
  if (typeof env !== "object" || env === null) return true;
  return Object.entries(env).every(([name, member]) => /^[^=]+$/.test(name) && typeof member !== "object");
}

function isAccident(key: string, member: unknown): boolean {
  return (
    (mappings.has(key) && (Array.isArray(member) || member === "")) || (key === "gpu" && typeof member === "boolean")
  );
}

import { readdirSync, readFileSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { tempDirectory } from "./temp-repository.ts";

type Happening = "starts" | "ready" | "bad" | "ends";

/** What replicas of the demo service told of their own lives, all of it, in its order: the program has no part in it. */
export interface Witness extends AsyncDisposable {
  /** For the service's `env`. */
  readonly env: string;
  lines(): Promise<readonly WitnessLine[]>;
  /** The host's pid of a replica. At once: the rollout goes on meanwhile. */
  pidOf(id: string): number;
  /** For one that has no time to say it itself. */
  tell(line: WitnessLine): Promise<void>;
}

export interface WitnessLine {
  readonly happening: Happening;
  readonly id: string;
  readonly version: string;
}

export async function createWitness(): Promise<Witness> {
  const directory = await tempDirectory();
  const file = join(directory.path, "witness");
  return {
    env: `WITNESS=${file}`,
    async lines() {
      const text = await readFile(file, "utf8").catch(() => "");
      return text.split("\n").slice(0, -1).map(parseLine);
    },
    pidOf(id) {
      const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
      const found = pids.find(
        (pid) =>
          read(`/proc/${pid}/cmdline`).includes("server.mjs") &&
          read(`/proc/${pid}/environ`).includes(`DSTACK_JOB_ID=${id}`),
      );
      if (found === undefined) throw new Error(`no process of ${id}`);
      return Number(found);
    },
    tell: ({ happening, id, version }) => appendFile(file, `${happening} ${id} ${version}\n`),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function parseLine(line: string): WitnessLine {
  const [happening, id, version] = line.split(" ");
  if (!isHappening(happening) || id === undefined || version === undefined) throw new Error(`unexpected line: ${line}`);
  return { happening, id, version };
}

function isHappening(text: string | undefined): text is Happening {
  return text === "starts" || text === "ready" || text === "bad" || text === "ends";
}

/** How many replicas there were at each moment: those that lived, and those of them that were ready and well. */
export function countsOver(
  lines: readonly WitnessLine[],
): readonly { readonly alive: number; readonly well: number }[] {
  const alive = new Set<string>();
  const well = new Set<string>();
  return lines.map(({ happening, id }) => {
    if (happening === "starts") alive.add(id);
    if (happening === "ready") well.add(id);
    if (happening === "bad" || happening === "ends") well.delete(id);
    if (happening === "ends") alive.delete(id);
    return { alive: alive.size, well: well.size };
  });
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error("it did not happen within 40 s");
}

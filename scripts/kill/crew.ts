import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { createSite } from "./site.ts";
import type { Fate, Ran, Wanted } from "./site.ts";
import { readState } from "./state-seen.ts";
import type { StateSeen } from "./state-seen.ts";
import { steps, wantedOf } from "./steps.ts";
import type { StepName } from "./steps.ts";
import { verify } from "./verify.ts";

/** Where a run of the program is to die. */
export interface Kill {
  readonly step: StepName;
  readonly at: number;
  readonly children: Fate;
}

/** What the program was about to do, or had just done. */
export interface Boundary {
  readonly at: number;
  readonly effect: string;
  readonly place: string;
  /** How many git processes of its own were running. */
  readonly children: number;
}

export interface Killed {
  /** `null`: the program had come to its end before. */
  readonly struck: Boundary | null;
  /** What was not as it must be after the ordinary run that followed. */
  readonly wrong: readonly string[];
}

/** One site and what is deployed on it, round after round. */
export interface Crew extends AsyncDisposable {
  /** Every boundary of a step, from a run that nothing happens to. */
  learn(step: StepName): Promise<readonly Boundary[]>;
  kill(kill: Kill): Promise<Killed>;
}

const boundary: z.ZodType<Boundary> = z.object({
  at: z.number(),
  effect: z.string(),
  place: z.string(),
  children: z.number(),
});

/** Starts from a site where only the bystander runs. */
export async function createCrew(): Promise<Crew> {
  const site = await createSite();
  let now: Wanted | null = null;
  let version = 0;
  const report = join(site.directory, "boundaries");
  const first = await site.run(["apply", "-y", "-q"]);
  if (first.exitCode !== 0) await site[Symbol.asyncDispose]();
  mustSucceed(first, "the first apply");
  return {
    async learn(name) {
      await prepare(name);
      await start(name);
      mustSucceed(await site.run(steps[name].args, { at: "", children: "live", report }), name);
      now = wanted(name);
      return takeReport();
    },
    async kill({ step, at, children }) {
      await prepare(step);
      const before = await readState(site.bare);
      await start(step);
      const ran = await site.run(steps[step].args, { at, children, report });
      const [struck = null] = await takeReport();
      const wrong = struck === null ? complaint(ran, `${step}, which was not killed,`) : [];
      wrong.push(...(await goOn(step, at, before)));
      now = wanted(step);
      return { struck, wrong };
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };

  function wanted(name: StepName): Wanted | null {
    return wantedOf(steps[name], now, version);
  }

  /** Brings about what the step starts from. */
  async function prepare(name: StepName): Promise<void> {
    const { from } = steps[name];
    if (from === (now?.replicas ?? null)) return;
    if (from === null) mustSucceed(await site.run(steps.destroy.args), "destroy");
    else {
      now = { version: now?.version ?? (version += 1), replicas: from };
      await site.edit(now);
      mustSucceed(await site.run(steps.create.args), "apply");
    }
    if (from === null) now = null;
  }

  async function start(name: StepName): Promise<void> {
    if (steps[name].edits) version += 1;
    const next = wanted(name);
    if (next !== null) await site.edit(next);
  }

  /** One ordinary run: the same command again or, every other time, a tick, which finishes what was accepted and nothing more. */
  async function goOn(name: StepName, at: number, before: StateSeen | null): Promise<string[]> {
    const next = wanted(name);
    const found = await readState(site.bare);
    if (found !== null && (at % 2 === 1 || (next === null && found.demo === null))) {
      const wrong = complaint(await site.run(["tick", "-q"]), "tick");
      const accepted = isAccepted(found, next);
      const after = await readState(site.bare);
      if (!accepted && after !== null && isAccepted(after, next)) {
        // A git process that outlived the command has pushed since it was looked for: the tick may have seen that, or not.
        wrong.push(...complaint(await site.run(["tick", "-q"]), "a second tick"));
        return [...wrong, ...(await verify(site, before, next))];
      }
      wrong.push(...(await verify(site, before, accepted ? next : now)));
      if (accepted || wrong.length > 0) return wrong;
    }
    const again = complaint(await site.run(steps[name].args), `${name} again`);
    return [...again, ...(await verify(site, before, next))];
  }

  async function takeReport(): Promise<readonly Boundary[]> {
    const text = await readFile(report, "utf8").catch(() => "");
    await rm(report, { force: true });
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => boundary.parse(JSON.parse(line)));
  }
}

/** Whether the killed run came so far that its change is recorded. */
function isAccepted({ demo }: StateSeen, next: Wanted | null): boolean {
  if (next === null) return demo === null || demo.target === null;
  const target = demo?.deployments.find(({ num }) => num === demo.target?.deployment);
  return (
    JSON.stringify(target?.spec.env ?? null).includes(`"${next.version}"`) &&
    JSON.stringify(target?.spec.replicas).includes(String(next.replicas))
  );
}

function complaint({ exitCode, signal, timedOut, output }: Ran, what: string): string[] {
  if (exitCode === 0) return [];
  const how = timedOut ? "did not end in 90 s" : `ended with ${exitCode ?? signal}`;
  return [`${what} ${how}:\n    ${output.trim().replaceAll("\n", "\n    ")}`];
}

function mustSucceed(ran: Ran, what: string): void {
  const [wrong] = complaint(ran, what);
  if (wrong !== undefined) throw new Error(wrong);
}

import { attemptInvariants } from "./attempts-invariants.ts";
import { callInvariants } from "./calls-invariants.ts";
import { canaryInvariants } from "./canary-invariants.ts";
import { endInvariants } from "./ends-invariants.ts";
import type { Happening, Scene, Watcher } from "./happening.ts";
import { healingInvariants } from "./healing-invariants.ts";
import { idleInvariants } from "./idle-invariants.ts";
import { leaseInvariants } from "./leases-invariants.ts";
import { limitInvariants } from "./limits-invariants.ts";
import { paceInvariants } from "./pace-invariants.ts";
import { recordInvariants } from "./records-invariants.ts";
import { rolloutInvariants } from "./rollout-invariants.ts";
import { routeInvariants } from "./routes-invariants.ts";
import { sightInvariants } from "./sight-invariants.ts";
import { strategyInvariants } from "./strategy-invariants.ts";
import { verdictInvariants } from "./verdict-invariants.ts";

/** What must hold at every moment, whoever dies and whatever lies. What must hold at the end is the judge's (`judge.ts`). */
export const invariants: readonly Watcher[] = [
  ...recordInvariants,
  ...rolloutInvariants,
  ...verdictInvariants,
  ...attemptInvariants,
  ...leaseInvariants,
  ...sightInvariants,
  ...callInvariants,
  ...routeInvariants,
  ...endInvariants,
  ...canaryInvariants,
  ...limitInvariants,
  ...idleInvariants,
  ...healingInvariants,
  ...strategyInvariants,
  ...paceInvariants,
];

/** An invariant that was broken. */
export interface Broken {
  readonly invariant: string;
  readonly what: string;
}

/** The first invariant that a happening breaks; `null`: none. */
export function brokenBy(happening: Happening, scene: Scene): Broken | null {
  for (const { name, look } of invariants) {
    const what = look(happening, scene);
    if (what !== null) return { invariant: name, what };
  }
  return null;
}

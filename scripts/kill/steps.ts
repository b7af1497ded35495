import type { Wanted } from "./site.ts";

/** A command that is killed: what it starts from and what it makes of it. */
export interface Step {
  readonly args: readonly string[];
  /** Replicas of the service before it; `null`: there is no service. */
  readonly from: number | null;
  readonly to: number | null;
  /** Whether it brings another version. */
  readonly edits: boolean;
}

export const stepNames = ["create", "roll", "up", "down", "restart", "destroy"] as const;
export type StepName = (typeof stepNames)[number];

const apply = ["apply", "-y", "-q"] as const;

/** In an order in which each finds what the one before it has left. */
export const steps: Readonly<Record<StepName, Step>> = {
  create: { args: apply, from: null, to: 2, edits: true },
  roll: { args: apply, from: 2, to: 2, edits: true },
  up: { args: apply, from: 2, to: 3, edits: false },
  down: { args: apply, from: 3, to: 2, edits: false },
  restart: { args: ["restart", "demo", "-y", "-q"], from: 2, to: 2, edits: false },
  destroy: { args: ["destroy", "demo", "-y", "-q"], from: 2, to: null, edits: false },
};

export function isStepName(name: string): name is StepName {
  return Object.hasOwn(steps, name);
}

/** What a step is to come to, from what there is. `next`: a version that there never was. */
export function wantedOf(step: Step, now: Wanted | null, next: number): Wanted | null {
  if (step.to === null) return null;
  return { version: step.edits || now === null ? next : now.version, replicas: step.to };
}

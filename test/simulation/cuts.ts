import type { Scenario, Step } from "./scenario.ts";

/** One step that is left of a scenario. */
export interface Cut {
  readonly index: number;
  /** Milliseconds that pass before it. */
  readonly after: number;
  /** Its process neither dies nor stops for a while. */
  readonly unlimited: boolean;
}

/** A scenario's own steps, all of them as they are. */
export function uncut(scenario: Scenario): readonly Cut[] {
  return scenario.steps.map(({ after }, index) => ({ index, after, unlimited: false }));
}

/** The scenario with these of its steps alone. */
export function applyCuts(scenario: Scenario, cuts: readonly Cut[]): Scenario {
  const steps = cuts.flatMap(({ index, after, unlimited }) => {
    const given = scenario.steps[index];
    return given === undefined ? [] : [{ after, step: unlimited ? withoutLimit(given.step) : given.step }];
  });
  return { ...scenario, steps };
}

export function isLimited(step: Step): boolean {
  return withoutLimit(step) !== step;
}

function withoutLimit(step: Step): Step {
  if (!("run" in step) || (step.run.dies === null && step.run.freezes === null)) return step;
  return { ...step, run: { ...step.run, dies: null, freezes: null } };
}

/** As a command line has them: `0,3@500,4!` are the steps 0, 3 after 500 ms, and 4 without a limit. */
export function cutsText(scenario: Scenario, cuts: readonly Cut[]): string {
  return cuts
    .map(({ index, after, unlimited }) => {
      const wait = scenario.steps[index]?.after === after ? "" : `@${after}`;
      return `${index}${wait}${unlimited ? "!" : ""}`;
    })
    .join(",");
}

export function parseCuts(scenario: Scenario, text: string): readonly Cut[] {
  return text.split(",").map((part) => {
    const groups = /^(?<index>\d+)(?:@(?<after>\d+))?(?<unlimited>!?)$/.exec(part.trim())?.groups;
    const index = Number(groups?.["index"]);
    const given = scenario.steps[index];
    if (groups === undefined || given === undefined) {
      const last = scenario.steps.length - 1;
      throw new Error(`expected steps from 0 to ${last} such as 0,3@500,4!, got ${JSON.stringify(part)}`);
    }
    const { after, unlimited } = groups;
    return { index, after: after === undefined ? given.after : Number(after), unlimited: unlimited === "!" };
  });
}

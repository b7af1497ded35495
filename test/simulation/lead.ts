import type { Random } from "./random.ts";
import type { Revision } from "./revision.ts";
import type { Run } from "./run.ts";
import { calmRun } from "./run.ts";
import type { Rules } from "./scenario-policy.ts";
import type { OneCommand, Scenario, Step } from "./scenario.ts";
import type { Trouble } from "./trouble.ts";

/** Turns a drawn scenario towards something that seeds seldom come to; what it draws is its own. */
export type Lead = (drawn: Scenario, random: Random) => Scenario;

export type Timed = Scenario["steps"][number];

export function all(...leads: readonly Lead[]): Lead {
  return (drawn, random) => leads.reduce((scenario, lead) => lead(scenario, random), drawn);
}

export function world(fixed: Partial<Omit<Scenario, "steps">>): Lead {
  return (drawn) => ({ ...drawn, ...fixed });
}

/** There is one clock. */
export function oneHost(): Lead {
  return all(
    world({ hosts: "one" }),
    runs((run) => ({ ...run, ahead: 0, set: null })),
  );
}

export function rules(fixed: Partial<Rules>): Lead {
  return (drawn) => ({ ...drawn, rules: { ...drawn.rules, ...fixed } });
}

/** Every revision, otherwise than it was drawn; one that later commits leave as it was stays so. */
export function revisions(edit: (revision: Revision, random: Random) => Revision): Lead {
  return (drawn, random) => {
    const edited = new Map<Revision, Revision>();
    const editedOf = (revision: Revision): Revision => {
      const known = edited.get(revision) ?? edit(revision, random);
      edited.set(revision, known);
      return known;
    };
    return steps(({ after, step }) => [
      { after, step: step.kind === "apply" ? { ...step, files: step.files.map(editedOf) } : step },
    ])(drawn, random);
  };
}

/** Every run, with another fate than it was drawn with. */
export function runs(edit: (run: Run, random: Random) => Run): Lead {
  return steps(({ after, step }, random) => [
    { after, step: "run" in step ? { ...step, run: edit(step.run, random) } : step },
  ]);
}

/** What comes with every merge: before it, at the same time, and after it. */
export function merges(added: {
  readonly before?: (random: Random) => readonly Timed[];
  readonly after?: (random: Random) => readonly Timed[];
}): Lead {
  return steps((timed, random) => {
    if (timed.step.kind !== "apply") return [timed];
    const [first, ...others] = [...(added.before?.(random) ?? []), { ...timed, after: 0 }];
    const begun = first === undefined ? [timed] : [{ ...first, after: timed.after }, ...others];
    return [...begun, ...(added.after?.(random) ?? [])];
  });
}

/** Nothing is in trouble, and nothing dies. */
export function calmly(): Lead {
  const troubles: readonly Step["kind"][] = ["trouble", "instance-dies", "host-unreachable", "gateway-down"];
  return steps((timed) => (troubles.includes(timed.step.kind) ? [] : [timed]));
}

function steps(turn: (timed: Timed, random: Random) => readonly Timed[]): Lead {
  return (drawn, random) => ({ ...drawn, steps: drawn.steps.flatMap((timed) => turn(timed, random)) });
}

export function trouble(after: number, seconds: number, chances: Trouble): Timed {
  return { after, step: { kind: "trouble", trouble: chances, seconds } };
}

export function tick(after: number, run: Partial<Run> = {}): Timed {
  return { after, step: { kind: "tick", run: { ...calmRun, ...run } } };
}

export function command(after: number, name: OneCommand, service: string): Timed {
  return { after, step: { kind: "command", command: name, service, run: calmRun } };
}

export function happens(after: number, step: Step): Timed {
  return { after, step };
}

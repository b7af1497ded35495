import type { ServiceSpec } from "../config/spec.ts";
import type { Action, PropertyChange } from "./compare.ts";

/** Why an edit has the action that it has, for people; nothing branches on it. */
export interface Explanation {
  readonly reason: string;
  /** For a restart, the edit that would have kept the service rolling, where there is one. */
  readonly hint: string | null;
}

/** Explains the action that follows from the changes of a service that exists. */
export function explain(action: Action, changes: readonly PropertyChange[]): Explanation {
  const of = (effect: PropertyChange["effect"]): readonly PropertyChange[] =>
    changes.filter((change) => change.effect === effect);
  switch (action) {
    case "none":
      return { reason: "nothing that is deployed differs", hint: null };
    case "scale":
      return {
        reason: `${named(changes)} only ${verb(changes, "says", "say")} how many replicas there are`,
        hint: null,
      };
    case "update":
      return { reason: `no running replica notices ${named(changes)}`, hint: null };
    case "rolling":
      return {
        reason: `${named(of("rolling"))} ${verb(of("rolling"), "is", "are")} part of what a replica is given`,
        hint: null,
      };
    case "restart":
      return {
        reason: `${named(of("restart"))} cannot be updated in a run that exists`,
        hint: hintFor(of("restart"), changes),
      };
  }
}

function hintFor(restarting: readonly PropertyChange[], changes: readonly PropertyChange[]): string | null {
  const instead = restarting.flatMap(({ property }) => alternatives[property] ?? []);
  if (instead.length === restarting.length) return instead.join("; ");
  const others = changes.filter((change) => change.effect !== "restart");
  if (others.length === 0) return null;
  const how = others.some(({ effect }) => effect === "rolling") ? "be rolled" : "be applied in place";
  return `without ${named(restarting)}, ${named(others)} would ${how}: two commits keep the restart apart`;
}

/** What reaches the same, or loses nothing, and can be rolled. */
const alternatives: Partial<Record<keyof ServiceSpec, string>> = {
  home_dir: "`home_dir` has no effect: leave it as it was",
  setup: "`setup` has no effect: leave it as it was, or put its commands first in `commands`, which is rolled",
  startup_order: "`startup_order` has no effect on services: leave it as it was",
  stop_criteria: "`stop_criteria` has no effect on services: leave it as it was",
  repos: "copy what the service needs with `files`, which is rolled",
};

function named(changes: readonly PropertyChange[]): string {
  const names = [...new Set(changes.map(({ property }) => `\`${property}\``))];
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

function verb(changes: readonly PropertyChange[], one: string, several: string): string {
  return new Set(changes.map(({ property }) => property)).size === 1 ? one : several;
}

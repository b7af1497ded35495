import type { Target } from "../state/record.ts";
import type { ServiceChange } from "../state/store.ts";
import { subjectWidth } from "../state/trailers.ts";
import type { Happening } from "../state/trailers.ts";
import type { Decision } from "./decide.ts";
import type { PlannedService } from "./plan-document.ts";

type Note = Decision["notes"][number];

/** What a state commit says of a pass: in one line what it did, and the report's own words for each replica below it. */
export function happeningOf(name: string, decision: Decision): Happening {
  const notes = decision.notes.filter((note) => note.event !== "running");
  const clauses = [...new Set(kinds.flatMap((kind) => clausesOf(kind, notes)))];
  const message = clauses.length === 0 ? `${name}: goes on` : lineOf(`${name}: `, clauses);
  const details = notes.filter((note) => !isSaid(note, message)).map(detailOf);
  return details.length === 0 ? { message } : { message, details };
}

/** What is told first: what matters most to whoever reads only one line. */
const kinds = [
  "verdict",
  "note",
  "record",
  "route",
  "ready",
  "provision",
  "drain",
  "terminate",
  "wait",
] as const satisfies readonly Note["event"][];

/** Whether the line itself says everything there is to say of a note. */
function isSaid(note: Note, message: string): boolean {
  if (note.event === "terminate" && isOver(note)) return true;
  if (note.replica === null) return message.includes(note.detail);
  return note.event === "note" && message.includes(`replica ${note.replica} ${note.detail}`);
}

function clausesOf(kind: (typeof kinds)[number], notes: readonly Note[]): readonly string[] {
  const own = notes.filter((note) => note.event === kind);
  const about = own.filter((note) => note.replica !== null);
  switch (kind) {
    case "verdict":
      // The evidence stands below.
      return own.map(({ detail }) => detail.split(":")[0] ?? detail);
    case "note":
    case "record":
    case "route":
      return own.map(({ replica, detail }) => (replica === null ? detail : `replica ${replica} ${detail}`));
    case "ready":
      return verbed(about, (which, many) => `${which} ${many ? "are" : "is"} ready`);
    case "provision":
      return verbed(about, (which) => `start ${which}`);
    case "drain":
      return verbed(about, (which) => `drain ${which}`);
    case "terminate":
      return [
        ...verbed(about.filter(isOver), (which, many) => `${which} ${many ? "have" : "has"} ended`),
        ...verbed(
          about.filter((note) => !isOver(note)),
          (which) => `end ${which}`,
        ),
      ];
    case "wait":
      return [
        ...own.flatMap(({ replica, detail }) => (replica === null ? [detail] : [])),
        ...verbed(about, (which, many) => `${which} ${many ? "wait" : "waits"}`),
      ];
  }
}

function isOver({ detail }: Note): boolean {
  return detail === "ended";
}

function verbed(notes: readonly Note[], say: (which: string, many: boolean) => string): readonly string[] {
  const numbers = [...new Set(notes.flatMap(({ replica }) => replica ?? []))].toSorted((a, b) => a - b);
  const [only] = numbers;
  if (only === undefined) return [];
  if (numbers.length === 1) return [say(`replica ${only}`, false)];
  return [say(`replicas ${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`, true)];
}

/** As many clauses as fit into a line that tools show whole, at least one. */
function lineOf(start: string, clauses: readonly string[]): string {
  for (let count = clauses.length; count > 0; count -= 1) {
    const line = `${start}${clauses.slice(0, count).join(", ")}${count === clauses.length ? "" : ", …"}`;
    if (line.length <= subjectWidth) return line;
  }
  return `${start}${clauses[0]}`.slice(0, subjectWidth - 1).concat("…");
}

function detailOf({ event, replica, deployment, detail }: Note): string {
  return replica === null || event === "verdict"
    ? detail
    : `${event} replica ${replica}, deployment ${deployment ?? "-"}: ${detail}`;
}

/** What a state commit says of a plan that was accepted: by whom, and from where each service's revision came. */
export function acceptanceOf(
  changes: readonly ServiceChange[],
  planned: readonly Pick<PlannedService, "name" | "action">[],
  by: string,
): Happening {
  const actions = new Map(planned.map(({ name, action }) => [name, action]));
  const accepted = changes.map(({ name, record }) => ({ name, target: record?.target ?? null }));
  const [only, ...others] = accepted;
  if (only !== undefined && others.length === 0) {
    const what = only.target === null ? "removal" : `deployment ${only.target.deployment}`;
    const details = only.target === null ? [] : [`${actions.get(only.name)}, from ${sourceText(only.target)}`];
    return { message: `${only.name}: ${what} accepted by ${by}`, details, by };
  }
  const details = accepted.map(({ name, target }) =>
    target === null
      ? `${name}: removal`
      : `${name}: deployment ${target.deployment}, ${actions.get(name)}, from ${sourceText(target)}`,
  );
  const names = accepted.map(({ name }) => name);
  const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return { message: `${shown}: accepted by ${by}`, details, by };
}

/** Where what a target asks for was read. */
export function sourceText({ commit }: Pick<Target, "commit">): string {
  return commit === null ? "the work tree" : `commit ${commit.slice(0, 12)}`;
}

import { toTimestamp } from "../lib/timestamp.ts";
import type { Decision } from "./decide.ts";
import type { World } from "./world.ts";

/** Tells what a pass decided, once it is written. */
export function tell(name: string, decision: Decision, world: World): void {
  if (decision.notes.length === 0) return;
  const time = toTimestamp(world.clock.now());
  for (const note of decision.notes) world.emit({ ...note, time, service: name });
}

/** First line of the state commit: what this pass does, in the words of the reports. */
export function messageOf(name: string, decision: Decision): string {
  const notes = decision.notes.filter((note) => note.event !== "running");
  const parts = notes.map((note) => (note.replica === null ? note.detail : `${note.event} replica ${note.replica}`));
  return `${name}: ${parts.length > 0 ? [...new Set(parts)].join(", ") : "record"}`;
}

/** Tells what happened to a service beside its passes. */
export function tellNote(service: string, detail: string, world: World): void {
  world.emit({
    event: "note",
    time: toTimestamp(world.clock.now()),
    service,
    replica: null,
    deployment: null,
    detail,
  });
}

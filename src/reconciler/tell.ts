import { toTimestamp } from "../lib/timestamp.ts";
import type { Decision } from "./decide.ts";
import type { World } from "./world.ts";

/** Tells what a pass decided, once it is written. */
export function tell(name: string, decision: Decision, world: World): void {
  if (decision.notes.length === 0) return;
  const time = toTimestamp(world.clock.now());
  for (const note of decision.notes) world.emit({ ...note, time, service: name });
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

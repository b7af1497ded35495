import type { Decision } from "./decide.ts";
import type { World } from "./world.ts";

/** How long to wait before the next look, in milliseconds: short while a provider is at work, long otherwise. */
export function pauseAfter(decision: Decision, looks: number, world: Pick<World, "backends" | "clock">): number {
  const polls = [...world.backends.values()].map((backend) => backend.poll);
  const busy = decision.actions.length > 0 || decision.state === "working";
  const usual = Math.min(...polls.map((each) => (busy ? each.busy : each.idle)), 1000 * 60);
  // What was just asked for may have happened already; then ever less often, up to the backend's own pace.
  const poll = Math.min(usual, (usual / 8) * 2 ** Math.min(looks, 3));
  return decision.wakeAt === null ? poll : Math.min(poll, Math.max(0, decision.wakeAt - world.clock.now()));
}

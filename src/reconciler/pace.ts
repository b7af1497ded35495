import type { Decision } from "./decide.ts";
import type { World } from "./world.ts";

/** Looks of one service since something new was asked for. */
export interface Looks {
  readonly idle: number;
  /** What the last one asked for. */
  readonly asked: ReadonlySet<string>;
}

export const noLooks: Looks = { idle: 0, asked: new Set() };

/** One look more. A call that is made once more, since its effect is not seen yet, is nothing new: providers limit calls. */
export function looked({ idle, asked }: Looks, { actions }: Pick<Decision, "actions">): Looks {
  const keys = actions.map(({ kind, replica }) => `${kind} ${replica.token}`);
  return { idle: keys.every((key) => asked.has(key)) ? idle + 1 : 0, asked: new Set(keys) };
}

/** How long to wait before the next look, in milliseconds: short while a provider is at work, long otherwise. */
export function pauseAfter(decision: Decision, looks: number, world: Pick<World, "backends" | "clock">): number {
  const polls = [...world.backends.values()].map((backend) => backend.poll);
  const busy = decision.actions.length > 0 || decision.state === "working";
  const usual = Math.min(...polls.map((each) => (busy ? each.busy : each.idle)), 1000 * 60);
  // What was just asked for may have happened already; then ever less often, up to the backend's own pace.
  const poll = Math.min(usual, (usual / 8) * 2 ** Math.min(looks, 3));
  return decision.wakeAt === null ? poll : Math.min(poll, Math.max(0, decision.wakeAt - world.clock.now()));
}

import type { Waiting } from "./batches.ts";
import type { Tip } from "./branch.ts";
import { prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import type { Snapshot } from "./store.ts";

/** Changes that can be put on a state together, and what comes of it: what is wrong with one of them is told to its caller alone. */
export function prepareSound(
  waiting: readonly Waiting[],
  current: { readonly snapshot: Snapshot; readonly tip: Tip | null },
): { readonly sound: readonly Waiting[]; readonly prepared: Prepared } {
  try {
    return { sound: waiting, prepared: together(waiting) };
  } catch (error) {
    const sound = waiting.filter(isSound);
    // Only of several it is said which.
    if (sound.length === waiting.length) throw error;
    return { sound, prepared: together(sound) };
  }

  function isSound(one: Waiting): boolean {
    try {
      together([one]);
      return true;
    } catch (error) {
      one.reject(error);
      return false;
    }
  }

  function together(these: readonly Waiting[]): Prepared {
    return prepare(
      these.map(({ change }) => change),
      current.snapshot,
      current.tip,
    );
  }
}

import type { FileEntry, KeptContent } from "../config/files.ts";
import type { Compacted } from "./compacted.ts";
import type { Gone } from "./gone.ts";
import type { Lease } from "./lease-record.ts";
import type { Spent } from "./progress.ts";
import type { Intent, ServiceRecord, ServiceState } from "./record.ts";
import type { Format } from "./schema.ts";

/** The state branch at one commit. */
export interface Snapshot {
  /** `null`: the branch does not exist yet. */
  readonly commit: string | null;
  /** Counts commits of the branch since its beginning; publications carry it. */
  readonly generation: number;
  /** Random, made with the branch; tags of instances carry it. Known before the first write. */
  readonly stateId: string;
  readonly services: ReadonlyMap<string, ServiceState>;
  /** The file `format`. Absent: there is none yet. */
  readonly format?: Format | undefined;
  /** What is remembered of services that are gone. Absent: there were none. */
  readonly gone?: Gone | undefined;
  /** What is remembered of commits that are not in the branch any more. Absent: all are. */
  readonly compacted?: Compacted | undefined;
}

/** What one service's part of the branch is to become. An absent member stays as it is; `null` removes it. */
export interface ServiceChange {
  readonly name: string;
  readonly record?: ServiceRecord | null;
  readonly intents?: readonly Intent[];
  readonly lease?: Lease | null;
  /** What the service, which goes with this change, has cost in a month: the branch remembers it with what others have cost before. */
  readonly ended?: Spent | undefined;
}

export interface Change {
  /** First line of the commit's message: what happened, in the words of the reports. */
  readonly message: string;
  /** Lines of the message below it: what there is to say beyond it. */
  readonly details?: readonly string[];
  /** Whose wish it was. Absent: a pass did what was to be done. */
  readonly by?: string;
  readonly services: readonly ServiceChange[];
  /**
   * Services whose part must still be what `basis` says (their lease included), or the write is refused. The services
   * that the change writes are always among them.
   */
  readonly reads?: readonly string[];
  /** Contents of `files` and diffs of `repos` that the written records name, to be kept as long as one does. */
  readonly contents?: readonly KeptContent[];
  readonly basis: Snapshot;
  /** A state that was lost goes on: a branch that this change makes has its id, and no generation that was used before. */
  readonly goesOn?: { readonly stateId: string; readonly after: number };
  /**
   * Whether what was decided still holds beside what others wrote: asked at every attempt, of the state that the change
   * is put on, with whatever is written by the same commit before it. Pure. `false` refuses the write.
   */
  readonly guard?: ((tip: Snapshot) => boolean) | undefined;
  /** Once it aborts, the pace of pushes to a forge holds the change back no longer: whoever writes it is about to end, or waited for. */
  readonly hurry?: AbortSignal | undefined;
}

/** The write was refused because something that its decision read has changed, or its guard said no: load again and decide again. */
export class StateConflict extends Error {
  override readonly name = "StateConflict";
  readonly services: readonly string[];
  constructor(services: readonly string[]) {
    super(`state of ${services.join(", ")} changed while it was being worked on`);
    this.services = services;
  }
}

/**
 * What is remembered between runs. Every write is compare-and-swap on what its decision read, so two writers that touch
 * different services never wait for each other's decisions.
 */
export interface StateStore {
  /** The newest state. An unreachable remote or an unreadable branch is an error, never an empty snapshot. */
  load(signal?: AbortSignal): Promise<Snapshot>;
  /** Resolves with the state after the write, once the remote has it. Throws `StateConflict`. Concurrent calls are written together. */
  commit(change: Change, signal?: AbortSignal): Promise<Snapshot>;
  /** Files of a kept content, by its id (`JobFile.content`, `RepoState.diff`). Throws when it is not kept. */
  readContent(content: string, signal?: AbortSignal): Promise<readonly FileEntry[]>;
}

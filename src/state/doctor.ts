import { UserError } from "../lib/user-error.ts";
import type { Branch, NewFile, Tip, Version } from "./branch.ts";
import { unreadable } from "./encode.ts";
import type { UnreadableState } from "./encode.ts";
import { refuseForeign } from "./identity.ts";
import type { Identity } from "./identity.ts";
import { lastGood, problemOf } from "./last-good.ts";
import { directories, gonePath, partPath } from "./layout.ts";
import type { Part } from "./layout.ts";
import { admit } from "./memory-of-branch.ts";
import type { BranchMemory, Seen } from "./memory-of-branch.ts";
import { createPartCache } from "./read-tip.ts";
import type { Format } from "./schema.ts";
import { missingFile } from "./store-errors.ts";
import { filesBelow, nodeAt } from "./tree.ts";

/** What keeps the state branch from being read, and what would mend it. */
export type Ailment =
  | {
      readonly kind: "lost";
      readonly error: UserError;
      readonly seen: Seen;
      /** What was seen, where it is still on this machine. */
      readonly kept: Tip | null;
      /** Nothing was written since that what was seen does not hold. */
      readonly proven: boolean;
    }
  | {
      readonly kind: "unreadable";
      readonly error: UnreadableState;
      /** Where the file belongs, and what it says, if it is sound and lies in another place. */
      readonly belongs: { readonly path: string; readonly text: string } | null;
      readonly good: Version | null;
    }
  | { readonly kind: "foreign"; readonly error: UserError; readonly format: Format };

export interface Examination {
  readonly tip: Tip | null;
  readonly ailments: readonly Ailment[];
}

export interface Patient {
  readonly branch: Branch;
  readonly memory: BranchMemory;
  readonly identity: Identity | undefined;
}

/** Looks at the newest tip, file by file. What only a newer program understands is thrown: nothing of it can be judged. */
export async function examine(patient: Patient, signal?: AbortSignal): Promise<Examination> {
  const { branch, memory, identity } = patient;
  const [remembered, tip] = [await memory.recall(), await branch.read(signal)];
  try {
    admit(remembered, tip);
  } catch (error) {
    if (!(error instanceof UserError) || remembered === null) throw error;
    const { seen } = remembered;
    const kept = (await branch.tipAt?.(seen.commit, signal)) ?? null;
    const proven = kept !== null && (tip === null || (await comesAfter(branch, kept, tip)));
    return { tip, ailments: [{ kind: "lost", error, seen, kept, proven }] };
  }
  if (tip === null) return { tip, ailments: [] };
  const unsound = await unsoundFiles(branch, tip, signal);
  if (unsound.length > 0 || identity === undefined) return { tip, ailments: unsound };
  const { format } = await createPartCache(branch).read(tip, signal);
  if (format === undefined) return { tip, ailments: [] };
  try {
    // Whose it was is found out also where it is to be taken over.
    await refuseForeign(format, { ...identity, adopts: false });
    return { tip, ailments: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { tip, ailments: [{ kind: "foreign", error, format }] };
  }
}

async function comesAfter(branch: Branch, kept: Tip, tip: Tip): Promise<boolean> {
  return (await branch.includes(kept, tip.commit)) || (await branch.descends?.(kept.commit, tip.commit)) === true;
}

async function unsoundFiles(branch: Branch, tip: Tip, signal?: AbortSignal): Promise<readonly Ailment[]> {
  const files = ["format", gonePath, ...Object.values(directories)].flatMap((path) => filesBelow(tip.tree, path));
  const contents = await branch.contents([...new Set(files.map(([, node]) => node.id))], signal);
  const unsound: Ailment[] = [];
  if (nodeAt(tip.tree, "format") === null) {
    const error = unreadable("format", "is missing");
    unsound.push({ kind: "unreadable", error, belongs: null, good: await lastGood(branch, tip, "format", signal) });
  }
  for (const [path, node] of files) {
    const text = Buffer.from(contents.get(node.id) ?? missingFile(path)).toString("utf8");
    const error = problemOf(path, text);
    if (error === null) continue;
    const right = rightPlace(path, text, tip);
    const belongs = right === null ? null : { path: right, text };
    const good = belongs === null ? await lastGood(branch, tip, path, signal) : null;
    unsound.push({ kind: "unreadable", error, belongs, good });
  }
  return unsound;
}

/** Where a sound file of a wrong directory should be, if there is room; `null`: it is where it should be, or says nothing. */
function rightPlace(path: string, text: string, tip: Tip): string | null {
  const name = /([^/]+)\.json$/.exec(path)?.[1];
  const part = Object.entries(directories).find(([, directory]) => path.startsWith(`${directory}/`))?.[0];
  if (name === undefined || !isPart(part)) return null;
  const right = partPath(part, name);
  return right === path || nodeAt(tip.tree, right) !== null || problemOf(right, text) !== null ? null : right;
}

function isPart(part: string | undefined): part is Part {
  return part !== undefined && Object.hasOwn(directories, part);
}

/** The edits that make the files of a tip those of another one. */
export async function editsTowards(
  branch: Branch,
  { from, to }: { readonly from: Tip | null; readonly to: Tip },
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, NewFile | null>> {
  const before = new Map(from === null ? [] : filesBelow(from.tree, ""));
  const after = filesBelow(to.tree, "");
  const changed = after.filter(
    ([path, { id, mode }]) => before.get(path)?.id !== id || before.get(path)?.mode !== mode,
  );
  const contents = await branch.contents([...new Set(changed.map(([, { id }]) => id))], signal);
  const kept = new Set(after.map(([path]) => path));
  const removed = [...before.keys()].filter((path) => !kept.has(path));
  return new Map<string, NewFile | null>([
    ...removed.map((path) => [path, null] as const),
    ...changed.map(([path, { id, mode }]) => [path, { mode, content: contents.get(id) ?? missingFile(path) }] as const),
  ]);
}

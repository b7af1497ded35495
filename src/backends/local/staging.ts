import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { digest } from "../../lib/digest.ts";
import type { LocalContext } from "./context.ts";
import { discard, removeIfEmpty, removeTree, replicasDirectory } from "./dispose.ts";
import { unlessMissing } from "./kept-logs.ts";
import { identify, isRunning } from "./process-identity.ts";
import { removeSocketDirectory } from "./sockets.ts";

/** How old what was to be removed must be before somebody else removes it. */
const abandonedMs = 60_000;
let count = 0;

/** A name that no other preparation has, and that tells who prepares: `.new.<host>.<boot>.<pid>.<start>.<count>`. */
export function stagingName(context: Pick<LocalContext, "hostId" | "bootId">): string {
  const self = identify(process.pid);
  count += 1;
  return [".new", ...origin(context), process.pid, mark(self?.start ?? ""), count].join(".");
}

/** Removes what preparations and removals that were killed have left. */
export async function removeAbandoned(context: LocalContext): Promise<void> {
  const replicas = replicasDirectory(context.places);
  const names = ((await unlessMissing(readdir(replicas))) ?? []).filter((name) => name.startsWith("."));
  for (const name of names) {
    const path = join(replicas, name);
    if (name.startsWith(".trash.")) {
      const age = context.clock.now() - ((await unlessMissing(stat(path)))?.ctimeMs ?? Number.POSITIVE_INFINITY);
      if (age > abandonedMs) await removeTree(path);
    } else if (isAbandoned(context, name)) {
      // Its supervisor may be about to publish it: of the two renames one fails.
      const trash = await discard(path);
      if (trash === null) continue;
      await removeSocketDirectory(path);
      await removeTree(trash);
    }
  }
  if (names.length > 0) await removeIfEmpty(context.places);
}

function isAbandoned(context: LocalContext, name: string): boolean {
  const [, kind, host, boot, pid, start] = name.split(".");
  const [ownHost, ownBoot] = origin(context);
  if (kind !== "new" || host !== ownHost) return false;
  if (boot !== ownBoot) return true;
  const found = identify(Number(pid));
  return found === null || mark(found.start) !== start || !isRunning(found);
}

function origin(context: Pick<LocalContext, "hostId" | "bootId">): readonly [string, string] {
  return [mark(context.hostId), mark(context.bootId)];
}

function mark(text: string): string {
  return digest(text).slice("sha256:".length, "sha256:".length + 8);
}

import type { Branch, Tip, Version } from "./branch.ts";
import { UnreadableState } from "./encode.ts";
import { checkFile } from "./read-tip.ts";

/** The newest version of a file that could be read; `null`: none is known. */
export async function lastGood(branch: Branch, tip: Tip, path: string, signal?: AbortSignal): Promise<Version | null> {
  const versions = (await branch.versions?.(tip, path, signal)) ?? [];
  return versions.find(({ text }) => problemOf(path, text) === null) ?? null;
}

/** What is wrong with a file of the branch; `null`: nothing. Errors that are not about the file are thrown. */
export function problemOf(path: string, text: string): UnreadableState | null {
  try {
    checkFile(path, text);
    return null;
  } catch (error) {
    if (error instanceof UnreadableState) return error;
    throw error;
  }
}

/** Throws an error of reading again, with what there is to go back to. */
export async function offerLastGood(error: unknown, branch: Branch, tip: Tip): Promise<never> {
  if (!(error instanceof UnreadableState)) throw error;
  const { path, reason, place } = error;
  const good = await lastGood(branch, tip, path).catch(() => null);
  if (good === null) throw error;
  const when = good.time === null ? good.commit : `${good.commit} (${good.time})`;
  const hint = `nothing was changed; its last good version is of commit ${when}: \`dstack-gitops state repair\` restores it, or by hand \`git checkout ${good.commit} -- ${path}\``;
  throw new UnreadableState(path, reason, place, hint);
}

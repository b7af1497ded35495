import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { digest } from "../../lib/digest.ts";
import type { Owner } from "../backend.ts";
import { FencedError } from "../errors.ts";
import { hasCode } from "./process-identity.ts";

/** The fence that a call is made under, and where those of its service are remembered: files named by their number, of which the highest counts. */
export interface Fence {
  readonly service: string;
  readonly directory: string;
  readonly called: number;
}

/** For so long nobody stands still and wakes again. */
const keptMs = 7 * 24 * 3_600_000;

/** `null`: the call is made under no lease. */
export function fenceOf(
  fencesDirectory: string,
  owner: Owner,
  call: { readonly service: string; readonly fence?: number | undefined },
): Fence | null {
  if (call.fence === undefined) return null;
  const mark = digest(owner.stateId).slice("sha256:".length, "sha256:".length + 8);
  return { service: call.service, directory: join(fencesDirectory, `${call.service}.${mark}`), called: call.fence };
}

/** Refuses a call under a lower fence than one before, and remembers a higher one. A file is made in one step, so that no two callers lower each other's. */
export function checkFence(fence: Fence | null): void {
  if (fence === null) return;
  const { service, directory, called } = fence;
  const seen = highestFence(directory);
  if (called < seen) throw new FencedError("local", service, { called, seen });
  if (called === seen) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, String(called)), "", { mode: 0o600 });
  for (const lower of numbersIn(directory).filter((number) => number < called))
    rmSync(join(directory, String(lower)), { force: true });
}

/** Whether nobody has called under a higher one meanwhile. */
export function isLatest(fence: Fence | null): boolean {
  return fence === null || fence.called >= highestFence(fence.directory);
}

/** Forgets fences of long ago. */
export function pruneFences(fencesDirectory: string, now: number): void {
  for (const name of namesIn(fencesDirectory)) {
    const path = join(fencesDirectory, name);
    if (now - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true, force: true });
  }
}

function highestFence(directory: string): number {
  return Math.max(0, ...numbersIn(directory));
}

function numbersIn(directory: string): readonly number[] {
  return namesIn(directory).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

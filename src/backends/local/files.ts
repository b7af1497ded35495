import { lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

import type { FileEntry } from "../../config/files.ts";
import type { JobFile } from "../../config/job.ts";
import { BackendError } from "../errors.ts";
import { unlessMissing } from "./kept-logs.ts";
import { insideWorkflow } from "./paths.ts";

/** The part of a request that is about `files`. */
export interface FilesRequest {
  readonly files: readonly JobFile[];
  readonly readFile: (file: JobFile) => Promise<readonly FileEntry[]>;
}

/** Copies the contents of `files` into a replica's folder, in their order: a later one replaces what an earlier one put in its place. */
export async function copyFiles(workflow: string, request: FilesRequest): Promise<void> {
  for (const file of request.files) {
    const target = insideWorkflow(file.path);
    if (target === null) throw refused(file.path, "lies outside the replica's folder");
    const root = join(workflow, target);
    if (target !== "") await rm(root, { recursive: true, force: true });
    const entries = await request.readFile(file);
    if (file.kind === "directory") await makeDirectory(workflow, root);
    for (const entry of entries) await writeEntry(workflow, resolve(root, entry.path), entry);
  }
}

async function writeEntry(workflow: string, path: string, entry: FileEntry): Promise<void> {
  if (!path.startsWith(workflow + sep)) throw refused(entry.path, "lies outside the replica's folder");
  await makeDirectory(workflow, dirname(path));
  await rm(path, { recursive: true, force: true });
  if (entry.mode === "symlink") return symlink(Buffer.from(entry.content).toString(), path);
  await writeFile(path, entry.content, { mode: entry.mode === "executable" ? 0o755 : 0o644, flag: "wx" });
}

/** Makes a directory step by step: none of the steps may be a link that leads out of the replica's folder. */
async function makeDirectory(workflow: string, path: string): Promise<void> {
  let current = workflow;
  for (const name of relative(workflow, path)
    .split(sep)
    .filter((part) => part !== "")) {
    current = join(current, name);
    const found = await unlessMissing(lstat(current));
    if (found?.isDirectory() === true) continue;
    if (found !== undefined) throw refused(current, "is no directory");
    await mkdir(current, { mode: 0o755 });
  }
}

function refused(path: string, why: string): BackendError {
  return new BackendError("local", "invalid", `cannot copy \`files\`: ${path} ${why}`);
}

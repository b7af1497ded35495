import { posix } from "node:path";

/** Where the reference's containers keep a service's files; here each replica has a folder of its own in its place. */
const container = "/workflow";

/** A path of a service file, relative to the replica's folder; `null`: it lies outside, where the host's own files are. */
export function insideWorkflow(path: string): string | null {
  if (path.startsWith("~") || path.includes("\0")) return null;
  const relative = posix.relative(container, posix.resolve(container, path));
  return relative === ".." || relative.startsWith("../") ? null : relative;
}

import { git } from "./git.ts";

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * Reads many objects with one call of git. Names are whatever git resolves (`<id>`, `<commit>:<path>`); the answer is in
 * their order, `null` for those that do not exist.
 */
export async function readObjects(
  names: readonly string[],
  options: { readonly cwd: string; readonly signal?: AbortSignal | undefined },
): Promise<readonly (GitObject | null)[]> {
  if (names.length === 0) return [];
  const odd = names.find((name) => name.includes("\n"));
  if (odd !== undefined) throw new Error(`a path with a line break cannot be read: ${JSON.stringify(odd)}`);
  const { stdout } = await git(["cat-file", "--batch", "--buffer"], { ...options, input: `${names.join("\n")}\n` });
  return parseBatch(stdout, names.length);
}

function parseBatch(output: Buffer, count: number): readonly (GitObject | null)[] {
  const objects: (GitObject | null)[] = [];
  let at = 0;
  while (objects.length < count) {
    const end = output.indexOf(10, at);
    if (end === -1) throw new Error(`git cat-file answered ${objects.length} of ${count} names`);
    const header = output.toString("utf8", at, end);
    const found = /^(?<id>[0-9a-f]{40,64}) (?<type>\w+) (?<size>\d+)$/.exec(header)?.groups;
    at = end + 1;
    if (found === undefined) {
      objects.push(null);
      continue;
    }
    const size = Number(found["size"]);
    objects.push({ id: found["id"] ?? "", type: found["type"] ?? "", bytes: output.subarray(at, at + size) });
    at += size + 1;
  }
  return objects;
}

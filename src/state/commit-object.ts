import { newObject } from "./git-objects.ts";
import type { NewObject, ObjectFormat } from "./git-objects.ts";

/** What a commit object says. */
export interface CommitObject {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: string;
  /** When it was committed, in milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
}

/** The last time that our documents can hold: git takes later ones. */
const latest = Date.UTC(9999, 11, 31);

/** Reads git's commit object. */
export function parseCommit(bytes: Uint8Array): CommitObject {
  const { header, message } = split(Buffer.from(bytes).toString("utf8"));
  const lines = header.split("\n");
  const valuesOf = (key: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  const person = /^(?<name>.*) <[^>]*> \d+ [-+]\d+$/.exec(valuesOf("author")[0] ?? "")?.groups;
  const seconds = /(?<seconds>\d+) [-+]\d+$/.exec(valuesOf("committer")[0] ?? "")?.groups;
  return {
    tree: valuesOf("tree")[0] ?? "",
    parents: valuesOf("parent"),
    author: person?.["name"] ?? "",
    at: Math.min(Number(seconds?.["seconds"] ?? 0) * 1000, latest),
    message,
  };
}

/**
 * The same commits, oldest first, on top of each other and of nothing else: what makes one a merge, and signatures, which would
 * be wrong, are left out.
 */
export function replayed(commits: readonly Uint8Array[], format: ObjectFormat): readonly NewObject[] {
  const objects: NewObject[] = [];
  for (const bytes of commits) {
    const parent = objects.at(-1)?.id ?? null;
    objects.push(newObject("commit", withParent(bytes, parent), format));
  }
  return objects;
}

function withParent(bytes: Uint8Array, parent: string | null): Uint8Array {
  // One character a byte: a message may be in any encoding.
  const { header, message } = split(Buffer.from(bytes).toString("latin1"));
  const kept: string[] = [];
  let dropping = false;
  for (const line of header.split("\n")) {
    // A line that begins with a space goes on with the header before it.
    dropping = line.startsWith(" ") ? dropping : /^(?:parent|gpgsig|gpgsig-sha256|mergetag) /.test(line);
    if (!dropping) kept.push(line);
  }
  const [tree = "", ...rest] = kept;
  const lines = parent === null ? kept : [tree, `parent ${parent}`, ...rest];
  return Buffer.from(`${lines.join("\n")}\n\n${message}`, "latin1");
}

function split(text: string): { readonly header: string; readonly message: string } {
  const end = text.indexOf("\n\n");
  return end === -1
    ? { header: text.trimEnd(), message: "" }
    : { header: text.slice(0, end), message: text.slice(end + 2) };
}

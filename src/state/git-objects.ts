import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

import { unreadable } from "./encode.ts";
import type { FileNode, Node, TreeNode } from "./tree.ts";

/** git's objects as bytes: made here, so that a commit needs one call of git; this is how a repository names them. */
export type ObjectFormat = "sha1" | "sha256";

export interface NewObject {
  readonly type: "commit" | "tree" | "blob";
  readonly id: string;
  readonly content: Uint8Array;
}

const typeNumbers = { commit: 1, tree: 2, blob: 3 } as const satisfies Record<NewObject["type"], number>;

/** An object with the id that git gives it. */
export function newObject(type: NewObject["type"], content: Uint8Array, format: ObjectFormat): NewObject {
  const hash = createHash(format).update(`${type} ${content.length}\0`).update(content);
  return { type, id: hash.digest("hex"), content };
}

/** A tree's object from its nodes, whose ids are known. */
export function treeContent(tree: TreeNode, idOf: (node: TreeNode) => string): Uint8Array {
  const entries = [...tree.entries].map(([name, node]) => ({
    name: Buffer.from(name),
    node,
    key: sortKey(name, node),
  }));
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    entries.flatMap(({ name, node }) => [
      Buffer.from(`${node.kind === "tree" ? "40000" : node.mode} `),
      name,
      Buffer.from([0]),
      Buffer.from(node.kind === "tree" ? idOf(node) : node.id, "hex"),
    ]),
  );
}

/** git compares names of directories as if they ended in a slash. */
function sortKey(name: string, node: Node): Buffer {
  return Buffer.from(node.kind === "tree" ? `${name}/` : name);
}

/** A pack of whole objects, for `git unpack-objects`: every object of a commit reaches git in one call, however many they are. */
export function packOf(objects: readonly NewObject[], format: ObjectFormat): Uint8Array {
  const header = Buffer.alloc(12);
  header.write("PACK");
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const body = objects.flatMap((object) => [objectHeader(object), deflateSync(object.content, { level: 1 })]);
  const pack = Buffer.concat([header, ...body]);
  return Buffer.concat([pack, createHash(format).update(pack).digest()]);
}

/** Type and size: four bits of the size in the first byte, seven in each that follows. */
function objectHeader({ type, content }: NewObject): Buffer {
  const bytes: number[] = [];
  let rest = Math.floor(content.length / 16);
  let byte = (typeNumbers[type] << 4) | (content.length & 15);
  while (rest > 0) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}

/** One line of a tree's object. */
export interface TreeEntry {
  readonly name: string;
  readonly mode: string;
  readonly id: string;
}

/** What `treeContent` makes, taken apart; ids are as long as the repository's format has them. */
export function treeEntries(content: Uint8Array, idLength: number): readonly TreeEntry[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(32, at);
    const end = bytes.indexOf(0, blank);
    const next = end + 1 + idLength / 2;
    if (blank === -1 || end === -1 || next > bytes.length) throw new Error("a tree of the state branch cannot be read");
    entries.push({
      mode: bytes.toString("latin1", at, blank),
      name: checkedName(bytes.toString("utf8", blank + 1, end)),
      id: bytes.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** git makes no such names, and what was pushed by other means may have them: they lead out of where files are put. */
function checkedName(name: string): string {
  if (name !== "" && name !== "." && name !== ".." && !name.includes("/")) return name;
  throw unreadable(JSON.stringify(name), "no file can be called so");
}

/** The tree that `git ls-tree -r -t -z` lists, with the ids of its directories. */
export function parseTree(listing: string, remember: (tree: TreeNode, id: string) => void): TreeNode {
  const root: { kind: "tree"; entries: Map<string, Node> } = { kind: "tree", entries: new Map() };
  const directories = new Map<string, Map<string, Node>>([["", root.entries]]);
  for (const line of listing.split("\0")) {
    if (line === "") continue;
    const tab = line.indexOf("\t");
    const [mode = "", type, id = ""] = line.slice(0, tab).split(" ");
    const path = line.slice(tab + 1);
    const slash = path.lastIndexOf("/");
    const siblings = directories.get(slash === -1 ? "" : path.slice(0, slash));
    const name = checkedName(path.slice(slash + 1));
    if (siblings === undefined) throw unreadable(path, "no file can be called so");
    if (type === "tree") {
      const entries = new Map<string, Node>();
      const tree: TreeNode = { kind: "tree", entries };
      remember(tree, id);
      directories.set(path, entries);
      siblings.set(name, tree);
    } else {
      const file: FileNode = { kind: "file", id, mode };
      siblings.set(name, file);
    }
  }
  return root;
}

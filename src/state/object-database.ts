import { readObjects } from "../git/cat-file.ts";
import type { GitObject } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import type { Clock } from "../lib/clock.ts";
import type { BranchWrite, Tip } from "./branch.ts";
import { parseCommit } from "./commit-object.ts";
import { unreadable } from "./encode.ts";
import { newObject, packOf, treeContent } from "./git-objects.ts";
import type { NewObject, ObjectFormat } from "./git-objects.ts";
import { readLoose, writeLoose } from "./loose-objects.ts";
import { createObjectTrees } from "./object-trees.ts";
import { generationOf } from "./trailers.ts";
import { editTree, emptyTree } from "./tree.ts";
import type { FileNode, TreeNode } from "./tree.ts";

/** More objects than this are asked for in one call of git, wherever they are. */
const mostFiles = 600;

/** Whom state commits are by. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface DatabaseOptions {
  /** The git directory whose object database is used. */
  readonly directory: string;
  readonly author: Author;
  readonly clock: Clock;
  /** Whether the database is our own, to which objects are added as files: to the user's, git adds them. */
  readonly own?: boolean;
  /** Default: git is asked. */
  readonly format?: ObjectFormat;
}

/** Reads and makes commits with plumbing alone: no index, no work tree, no reference is touched here. */
export interface ObjectDatabase {
  /** An object by its id; `null`: it is not there. */
  object(id: string, signal?: AbortSignal): Promise<GitObject | null>;
  /** The tip that a commit object is. `ancestors` gives the messages of its ancestors when its own says no generation. */
  tipOf(
    commit: { id: string; bytes: Uint8Array },
    ancestors: () => Promise<readonly string[]>,
    signal?: AbortSignal,
  ): Promise<Tip>;
  contents(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Stores a commit with all that is new in it. It belongs to no reference yet. */
  store(write: BranchWrite, signal?: AbortSignal): Promise<Tip>;
  isAncestor(ancestor: string, descendant: string, signal?: AbortSignal): Promise<boolean>;
}

export function openObjectDatabase(options: DatabaseOptions): ObjectDatabase {
  const { directory, author, clock, own = false } = options;
  const trees = createObjectTrees({ directory, readObjects: objectsOf });
  let last: Tip | null = null;
  // What was just written is known without a call of git.
  let written = new Map<string, Uint8Array>();
  const blobs = createBlobMemory();
  let format = options.format === undefined ? null : Promise.resolve(options.format);
  return {
    object: async (id, signal) => (await objectsOf([id], signal))[0] ?? null,
    async tipOf({ id, bytes }, ancestors, signal) {
      if (last?.commit === id) return last;
      const tree = await trees.read({ id, bytes }, signal);
      const generation = generationOf([parseCommit(bytes).message]) ?? generationOf(await ancestors());
      if (generation === null)
        throw unreadable("commit message", `no trailer \`Generation: N\` in ${id} or its ancestors`);
      last = { commit: id, generation, tree };
      return last;
    },
    async contents(ids, signal) {
      const known = new Map(ids.flatMap((id) => [...entryOf(written, id), ...entryOf(blobs.known(), id)]));
      const unknown = ids.filter((id) => !known.has(id));
      const objects = await objectsOf(unknown, signal);
      const read = objects.flatMap((object) => (object?.type === "blob" ? [[object.id, object.bytes] as const] : []));
      blobs.keep(read);
      return new Map([...known, ...read]);
    },
    async store(write, signal) {
      format ??= formatOf(directory);
      const { tip, objects } = build(write, await format);
      if (own) await writeLoose(directory, objects);
      else await git(["unpack-objects", "-q"], { cwd: directory, input: packOf(objects, await format), signal });
      last = tip;
      written = new Map(objects.flatMap(({ type, id, content }) => (type === "blob" ? [[id, content]] : [])));
      return tip;
    },
    async isAncestor(ancestor, descendant, signal) {
      const found = await git(["merge-base", "--is-ancestor", ancestor, descendant], {
        cwd: directory,
        signal,
        accept: [0, 1],
      });
      return found.exitCode === 0;
    },
  };

  /** From their files, as far as they have some, and the others by one call of git. */
  async function objectsOf(ids: readonly string[], signal?: AbortSignal): Promise<readonly (GitObject | null)[]> {
    const few = ids.length <= mostFiles;
    const found = new Map<string, GitObject>();
    if (few)
      for (const object of await Promise.all(ids.map((id) => readLoose(directory, id))))
        if (object !== null) found.set(object.id, object);
    const missing = ids.filter((id) => !found.has(id));
    for (const object of await readObjects(missing, { cwd: directory, signal }))
      if (object !== null) found.set(object.id, object);
    return ids.map((id) => found.get(id) ?? null);
  }

  function build(
    write: BranchWrite,
    objectFormat: ObjectFormat,
  ): { readonly tip: Tip; readonly objects: readonly NewObject[] } {
    const objects: NewObject[] = [];
    const edits = new Map<string, FileNode | null>();
    for (const [path, file] of write.edits) {
      edits.set(path, file === null ? null : { kind: "file", mode: file.mode, id: add("blob", file.content) });
    }
    const tree = editTree(write.parent?.tree ?? emptyTree, edits);
    const commit = add("commit", commitContent(idOf(tree), write));
    return { tip: { commit, generation: write.generation, tree }, objects };

    function add(type: NewObject["type"], content: Uint8Array): string {
      const object = newObject(type, content, objectFormat);
      objects.push(object);
      return object.id;
    }

    /** Directories that did not change have their ids already. */
    function idOf(node: TreeNode): string {
      const known = trees.idOf(node);
      if (known !== undefined) return known;
      const id = add("tree", treeContent(node, idOf));
      trees.know(node, id);
      return id;
    }
  }

  function commitContent(tree: string, write: BranchWrite): Uint8Array {
    const seconds = Math.floor(clock.now() / 1000);
    const person = `${plain(author.name)} <${plain(author.email)}> ${seconds} +0000`;
    const parent = write.parent === null ? "" : `parent ${write.parent.commit}\n`;
    return Buffer.from(`tree ${tree}\n${parent}author ${person}\ncommitter ${person}\n\n${write.message}`);
  }
}

/** Bytes of blobs that were read last. */
const mostBytes = 16 * 2 ** 20;

/** Blobs never change, and replicas that are started one after the other are given the same files. */
function createBlobMemory() {
  const kept = new Map<string, Uint8Array>();
  let size = 0;
  return {
    known: (): ReadonlyMap<string, Uint8Array> => kept,
    keep(read: readonly (readonly [string, Uint8Array])[]): void {
      for (const [id, bytes] of read) {
        if (kept.has(id) || bytes.length > mostBytes / 4) continue;
        kept.set(id, Buffer.from(bytes));
        size += bytes.length;
      }
      for (const [id, bytes] of kept) {
        if (size <= mostBytes) return;
        kept.delete(id);
        size -= bytes.length;
      }
    },
  };
}

function entryOf(known: ReadonlyMap<string, Uint8Array>, id: string): readonly (readonly [string, Uint8Array])[] {
  const bytes = known.get(id);
  return bytes === undefined ? [] : [[id, bytes]];
}

/** How a repository names its objects. */
export async function formatOf(directory: string): Promise<ObjectFormat> {
  const found = await git(["rev-parse", "--show-object-format"], { cwd: directory });
  return found.text === "sha256" ? "sha256" : "sha1";
}

/** A name as a commit's header can hold it. */
function plain(text: string): string {
  return text.replaceAll(/[<>\p{Cc}]/gu, "").trim() || "dstack-gitops";
}

import { exitCodes, UserError } from "../lib/user-error.ts";
import type { Branch, Tip } from "./branch.ts";
import { compacted } from "./compacted-schema.ts";
import { decode } from "./encode.ts";
import { formatVersion, gonePath, historyPath } from "./layout.ts";
import type { ServiceState } from "./record.ts";
import { format, gone } from "./schema.ts";
import type { Format } from "./schema.ts";
import { decodePart, noState, partFiles, withPart } from "./service-parts.ts";
import type { PartFile, PartValue } from "./service-parts.ts";
import { missingFile } from "./store-errors.ts";
import type { Snapshot } from "./store.ts";
import { editTree, emptyTree, nodeAt } from "./tree.ts";
import type { FileNode } from "./tree.ts";

/** Reads a branch's tips as snapshots; what did not change since the last one is neither read nor decoded again. */
export interface PartCache {
  read(tip: Tip, signal?: AbortSignal): Promise<Snapshot>;
}

export function createPartCache(branch: Branch): PartCache {
  // Trees that were edited share nodes with those before them; trees that were listed anew share ids.
  const byNode = new WeakMap<FileNode, PartValue>();
  let byId = new Map<string, PartValue>();
  const formatIn = oneFile("format", readFormat);
  const goneIn = oneFile(gonePath, (text) => decode(gone, text, gonePath));
  const compactedIn = oneFile(historyPath, (text) => decode(compacted, text, historyPath));
  return {
    async read(tip, signal) {
      // The version comes first: everything else is read by its rules.
      const known = (await formatIn(tip, signal)) ?? notOurs();
      const { stateId } = known;
      const files = partFiles(tip.tree);
      await learn(
        files.filter(({ node }) => !byNode.has(node)),
        signal,
      );
      // Ids of contents that are gone are kept only until there are as many as those that are not.
      if (byId.size > 2 * files.length + 100)
        byId = new Map(files.flatMap((file) => entryOf(file, byNode.get(file.node))));
      const services = new Map<string, ServiceState>();
      for (const file of files) {
        const part = byNode.get(file.node);
        if (part !== undefined) services.set(file.name, withPart(services.get(file.name) ?? noState, part));
      }
      const graveyard = await goneIn(tip, signal);
      const history = await compactedIn(tip, signal);
      const { commit, generation } = tip;
      return {
        commit,
        generation,
        stateId,
        services,
        format: known,
        ...(graveyard === null ? {} : { gone: graveyard }),
        ...(history === null ? {} : { compacted: history }),
      };
    },
  };

  async function learn(files: readonly PartFile[], signal?: AbortSignal): Promise<void> {
    const unread = files.filter((file) => !byId.has(cacheKey(file.part, file.node.id))).map((file) => file.node.id);
    const contents = await branch.contents([...new Set(unread)], signal);
    for (const file of files) {
      const key = cacheKey(file.part, file.node.id);
      const part = byId.get(key) ?? decodePart(file, textOf(contents, file.node.id, file.path));
      byId.set(key, part);
      byNode.set(file.node, part);
    }
  }

  /** Reads one file of a tip, again only when it has changed; `null`: there is none. */
  function oneFile<Value>(path: string, read: (text: string) => Value) {
    let last: { readonly id: string; readonly value: Value } | null = null;
    return async (tip: Tip, signal?: AbortSignal): Promise<Value | null> => {
      const node = nodeAt(tip.tree, path);
      if (node?.kind !== "file") return null;
      if (last?.id === node.id) return last.value;
      const value = read(textOf(await branch.contents([node.id], signal), node.id, path));
      last = { id: node.id, value };
      return value;
    };
  }
}

function entryOf(file: PartFile, part: PartValue | undefined): readonly (readonly [string, PartValue])[] {
  return part === undefined ? [] : [[cacheKey(file.part, file.node.id), part]];
}

/** A journal and a lease with equal bytes are still two things. */
function cacheKey(part: PartValue["part"], id: string): string {
  return `${part} ${id}`;
}

function textOf(contents: ReadonlyMap<string, Uint8Array>, id: string, path: string): string {
  const bytes = contents.get(id);
  if (bytes === undefined) return missingFile(path);
  return Buffer.from(bytes).toString("utf8");
}

/** Reads a file of the branch for nothing but what is wrong with it. */
export function checkFile(path: string, text: string): void {
  if (path === "format") return void readFormat(text);
  if (path === gonePath) return void decode(gone, text, gonePath);
  const [file] = partFiles(editTree(emptyTree, new Map([[path, { kind: "file", mode: "", id: "" }]])));
  if (file !== undefined) decodePart(file, text);
}

/** The file `format`, of a format that this program knows. */
function readFormat(text: string): Format {
  const read = decode(format, text, "format");
  const { version } = read;
  if (version === formatVersion) return read;
  throw new UserError(
    "state-newer-format",
    `the state branch has format ${version}; this program knows format ${formatVersion}`,
    {
      exitCode: exitCodes.failed,
      hint: "nothing was changed; update dstack-gitops",
    },
  );
}

function notOurs(): never {
  throw new UserError(
    "not-a-state-branch",
    "the branch exists, but holds no state of dstack-gitops (it has no file `format`)",
    {
      exitCode: exitCodes.failed,
      hint: "choose another name for `state.branch` in the settings",
    },
  );
}

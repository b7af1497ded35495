import { exitCodes, UserError } from "../lib/user-error.ts";
import type { Branch, Tip } from "./branch.ts";
import { decode, unreadable } from "./encode.ts";
import { formatVersion } from "./layout.ts";
import type { ServiceState } from "./record.ts";
import { format } from "./schema.ts";
import { decodePart, noState, partFiles, withPart } from "./service-parts.ts";
import type { PartValue } from "./service-parts.ts";
import type { Snapshot } from "./store.ts";
import { nodeAt } from "./tree.ts";

/** Decoded parts by the id of their file's content: what did not change is not read again. */
export interface PartCache {
  read(tip: Tip, signal?: AbortSignal): Promise<Snapshot>;
}

export function createPartCache(branch: Branch): PartCache {
  let known = new Map<string, PartValue>();
  return {
    async read(tip, signal) {
      const files = partFiles(tip.tree);
      const formatFile = nodeAt(tip.tree, "format");
      const wanted = files.filter((file) => !known.has(cacheKey(file.part, file.node.id))).map((file) => file.node.id);
      const formatId = formatFile?.kind === "file" ? formatFile.id : null;
      const contents = await branch.contents([...new Set(formatId === null ? wanted : [formatId, ...wanted])], signal);
      // The version first: what follows is read by its rules.
      const stateId = readFormat(formatId === null ? null : textOf(contents, formatId, "format"));
      const services = new Map<string, ServiceState>();
      const current = new Map<string, PartValue>();
      for (const file of files) {
        const key = cacheKey(file.part, file.node.id);
        const part = known.get(key) ?? decodePart(file, textOf(contents, file.node.id, file.path));
        current.set(key, part);
        services.set(file.name, withPart(services.get(file.name) ?? noState, part));
      }
      known = current;
      return { commit: tip.commit, generation: tip.generation, stateId, services };
    },
  };
}

/** A journal and a lease with equal bytes are still two things. */
function cacheKey(part: PartValue["part"], id: string): string {
  return `${part} ${id}`;
}

function textOf(contents: ReadonlyMap<string, Uint8Array>, id: string, path: string): string {
  const bytes = contents.get(id);
  if (bytes === undefined) throw unreadable(path, "its content is missing");
  return Buffer.from(bytes).toString("utf8");
}

/** The state's id, of a format that this program knows. */
function readFormat(text: string | null): string {
  if (text === null) {
    throw new UserError(
      "not-a-state-branch",
      "the branch exists, but holds no state of dstack-gitops (it has no file `format`)",
      {
        exitCode: exitCodes.failed,
        hint: "choose another name for `state.branch` in the settings",
      },
    );
  }
  const { version, stateId } = decode(format, text, "format");
  if (version === formatVersion) return stateId;
  throw new UserError(
    "state-newer-format",
    `the state branch has format ${version}; this program knows format ${formatVersion}`,
    {
      exitCode: exitCodes.failed,
      hint: "nothing was changed; update dstack-gitops",
    },
  );
}

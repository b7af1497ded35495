import { hash } from "node:crypto";

/** The format of the branch that this program reads and writes. */
export const formatVersion = 1;

/** Which part of a service a file of the branch holds. */
export type Part = "record" | "intents" | "lease";

export const directories = { record: "services", intents: "journal", lease: "leases" } as const satisfies Record<
  Part,
  string
>;

export const parts = ["record", "intents", "lease"] as const satisfies readonly Part[];

/** Path of a part of a service. Sharded, so that a commit rewrites a small directory however many services there are. */
export function partPath(part: Part, name: string): string {
  return `${directories[part]}/${shardOf(name)}/${name}.json`;
}

/** Where what is remembered of services that are gone is kept. */
export const gonePath = "gone.json";

/** Where what is remembered of commits that are not in the branch any more is kept. */
export const historyPath = "history.json";

/** First two hex digits of the name's SHA-256. */
export function shardOf(name: string): string {
  return hash("sha256", name).slice(0, 2);
}

/** Where the files of a content are kept. */
export function contentDirectory(content: string): string {
  return `files/${content.replace(/^sha256:/, "")}`;
}

/** Path of one file of a content; `""` is the only file of an entry that is a file. */
export function contentPath(content: string, path: string): string {
  return path === "" ? `${contentDirectory(content)}/file` : `${contentDirectory(content)}/tree/${path}`;
}

/** Whether a file is drawn from state, and is thus replaced or removed with every write. */
export function isDerived(path: string): boolean {
  return path === "README.md" || path === "index.html" || path.startsWith("proxy/");
}

import { isSameJson } from "../lib/same.ts";
import { textFile } from "./branch.ts";
import type { NewFile, Tip } from "./branch.ts";
import { encode } from "./encode.ts";
import { buried } from "./gone.ts";
import { contentDirectory, contentPath, isDerived, parts, gonePath, partPath } from "./layout.ts";
import type { Part } from "./layout.ts";
import type { DeploymentRecord, ServiceState } from "./record.ts";
import * as schema from "./schema.ts";
import { encodePart, noState, withPart } from "./service-parts.ts";
import { StateConflict } from "./store.ts";
import type { Change, ServiceChange, Snapshot } from "./store.ts";
import { filesBelow, nodeAt } from "./tree.ts";

const modes = { file: "100644", executable: "100755", symlink: "120000" } as const;

/** Changes put on top of a state: which fit, what the branch's files become, and the state after. */
export interface Prepared {
  readonly conflicts: ReadonlyMap<Change, StateConflict>;
  readonly accepted: readonly Change[];
  readonly edits: ReadonlyMap<string, NewFile | null>;
  readonly services: ReadonlyMap<string, ServiceState>;
  readonly gone: Snapshot["gone"];
}

/** Puts changes on a state, one after the other; one whose reads an earlier one changed, or whose guard says no, conflicts like with any other writer. */
export function prepare(changes: readonly Change[], current: Snapshot, tip: Tip | null): Prepared {
  const services = new Map(current.services);
  let { gone } = current;
  const conflicts = new Map<Change, StateConflict>();
  const accepted: Change[] = [];
  const edits = new Map<string, NewFile | null>();
  for (const change of changes) {
    const conflict = conflictOf(change, { ...current, services, gone });
    if (conflict !== null) conflicts.set(change, conflict);
    else {
      accepted.push(change);
      for (const part of change.services) put(part);
    }
  }
  if (edits.size > 0) for (const [path, file] of contentEdits(accepted, services, tip)) edits.set(path, file);
  if (gone !== undefined && !isSameJson(gone, current.gone))
    edits.set(gonePath, textFile(encode(schema.gone, gone, gonePath)));
  return { conflicts, accepted, edits, services, gone };

  function put(change: ServiceChange): void {
    const { name } = change;
    const before = services.get(name) ?? noState;
    const wanted: ServiceState = {
      record: change.record === undefined ? before.record : change.record,
      intents: change.intents ?? before.intents,
      lease: change.lease === undefined ? before.lease : change.lease,
    };
    const after = parts.reduce<ServiceState>((next, part) => putPart(next, { part, name, wanted }), before);
    if (isSameJson(after, noState)) services.delete(name);
    else services.set(name, after);
    if (before.record !== null && after.record === null)
      gone = buried(gone, { name, born: before.record.born }, change.ended);
  }

  /** A part that means what it meant stays as it is, with its bytes. */
  function putPart(state: ServiceState, { part, name, wanted }: NewPart): ServiceState {
    if (isSameJson(wanted[part], state[part])) return state;
    const encoded = encodePart(part, name, wanted);
    edits.set(partPath(part, name), encoded === null ? null : textFile(encoded.text));
    return encoded === null ? { ...state, [part]: noState[part] } : withPart(state, encoded.value);
  }
}

interface NewPart {
  readonly part: Part;
  readonly name: string;
  readonly wanted: ServiceState;
}

function conflictOf(change: Change, tip: Snapshot): StateConflict | null {
  const reads = [...new Set([...(change.reads ?? []), ...change.services.map(({ name }) => name)])];
  // Another branch than the one that was read: nothing that was decided holds.
  if (change.basis.stateId !== tip.stateId) return new StateConflict(reads);
  const changed = reads.filter((name) => !isSame(change.basis.services.get(name), tip.services.get(name)));
  if (changed.length > 0) return new StateConflict(changed);
  return change.guard === undefined || change.guard(tip) ? null : new StateConflict(reads);
}

function isSame(a: ServiceState | undefined, b: ServiceState | undefined): boolean {
  return isSameJson(a ?? noState, b ?? noState);
}

/** Contents that a record names are there, and no others. */
function contentEdits(
  accepted: readonly Change[],
  services: ReadonlyMap<string, ServiceState>,
  tip: Tip | null,
): ReadonlyMap<string, NewFile | null> {
  const named = new Map<string, string>();
  for (const [name, { record }] of services) {
    for (const content of (record?.deployments ?? []).flatMap(contentsOf)) named.set(content, name);
  }
  const edits = new Map<string, NewFile | null>();
  const given = new Map(accepted.flatMap((change) => change.contents ?? []).map((pinned) => [pinned.content, pinned]));
  const directories = new Map([...named.keys()].map((content) => [contentDirectory(content), content]));
  for (const [directory, content] of directories) {
    if (tip !== null && nodeAt(tip.tree, directory) !== null) continue;
    const pinned = given.get(content);
    if (pinned === undefined) {
      if (isEmptyContent(content)) continue;
      throw new Error(`the record of ${named.get(content)} names content ${content}, which is neither kept nor given`);
    }
    for (const entry of pinned.entries) {
      edits.set(contentPath(content, entry.path), { mode: modes[entry.mode], content: entry.content });
    }
  }
  if (tip === null) return edits;
  for (const [path] of filesBelow(tip.tree, "files")) {
    if (!directories.has(path.split("/").slice(0, 2).join("/"))) edits.set(path, null);
  }
  return edits;
}

function contentsOf({ files, repos = [] }: DeploymentRecord): readonly string[] {
  return [...files.map(({ content }) => content), ...repos.flatMap(({ diff }) => (diff === null ? [] : [diff]))];
}

/** Content of an empty directory, which a tree cannot hold: the digest of an empty list. */
export function isEmptyContent(content: string): boolean {
  return content === "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945";
}

/** Files drawn from state, as the edits that make them so: those that are drawn no more are removed. */
export function derivedEdits(drawn: ReadonlyMap<string, string>, tip: Tip | null): ReadonlyMap<string, NewFile | null> {
  const edits = new Map<string, NewFile | null>();
  // Only where derived files may be: the whole branch holds thousands.
  const places = tip === null ? [] : ["README.md", "index.html", "proxy"].flatMap((path) => filesBelow(tip.tree, path));
  for (const [path] of places) edits.set(path, null);
  for (const [path, text] of drawn) {
    if (!isDerived(path)) throw new Error(`${path} is not a place for derived files`);
    edits.set(path, textFile(text));
  }
  return edits;
}

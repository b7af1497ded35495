import { parseDuration } from "../config/duration.ts";
import type { Enough, Past, PastCommit } from "./past.ts";

/** A state of the past as people name it: by its commit, its generation, or a time. */
export type Moment =
  | { readonly kind: "commit"; readonly prefix: string }
  | { readonly kind: "generation"; readonly generation: number }
  /** Milliseconds since the epoch. */
  | { readonly kind: "time"; readonly at: number };

/** What can be asked for. */
export const momentForms =
  "a commit (at least 4 digits), a generation such as `g42`, a time such as `2026-11-20T08:00:00Z` or `2026-11-20` (its beginning in UTC), or how long ago it was, such as `2h`";

/** Reads what a person asked for; `null`: it is none of these. A duration has a unit, so that it is no commit. */
export function parseMoment(text: string, now: number): Moment | null {
  const generation = /^[g#](?<number>\d{1,15})$/.exec(text)?.groups?.["number"];
  if (generation !== undefined) return { kind: "generation", generation: Number(generation) };
  const ago = /^\d{1,6}[smhdw]$/.test(text) ? parseDuration(text) : null;
  if (ago !== null) return { kind: "time", at: now - ago * 1000 };
  if (/^[0-9a-f]{4,64}$/i.test(text)) return { kind: "commit", prefix: text.toLowerCase() };
  return timeOf(text);
}

function timeOf(text: string): Moment | null {
  // Without a zone a time would be another one on each host.
  if (!/^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[-+]\d\d:\d\d))?$/.test(text)) return null;
  const at = Date.parse(text.replace(" ", "T"));
  return Number.isNaN(at) ? null : { kind: "time", at };
}

/** Whether enough was read to tell which commit is meant. */
export function tells(moment: Moment): Enough {
  // One that is named by few digits could be meant by an older one, too.
  if (moment.kind === "commit" && moment.prefix.length < 8) return () => false;
  return (commits) => commits.some((commit) => isMeant(moment, commit) || isBefore(moment, commit));
}

export type Found =
  | { readonly kind: "found"; readonly commit: PastCommit }
  | { readonly kind: "ambiguous"; readonly commits: readonly PastCommit[] }
  | { readonly kind: "none" };

/** The commit that is meant: of a time, the one that was the newest then. */
export function findMoment(moment: Moment, { commits }: Past): Found {
  const meant = commits.filter((commit) => isMeant(moment, commit));
  const [first, ...others] = meant;
  if (first === undefined) return { kind: "none" };
  if (moment.kind === "commit" && others.length > 0) return { kind: "ambiguous", commits: meant };
  return { kind: "found", commit: first };
}

function isMeant(moment: Moment, { commit, generation, at }: PastCommit): boolean {
  switch (moment.kind) {
    case "commit":
      return commit.startsWith(moment.prefix);
    case "generation":
      return generation === moment.generation;
    case "time":
      return at <= moment.at;
  }
}

function isBefore(moment: Moment, { generation }: PastCommit): boolean {
  return moment.kind === "generation" && generation < moment.generation;
}

import { parseIntegerText } from "./schema/numbers.ts";

/** A user and group of a container, each by number or by name. */
export interface UnixUser {
  readonly uid: number | null;
  readonly gid: number | null;
  readonly username: string | null;
  readonly groupname: string | null;
}

export type ParsedUser =
  | { readonly ok: true; readonly user: UnixUser }
  | { readonly ok: false; readonly message: string };

/** Reads `user[:group]`. */
export function parseUser(written: string): ParsedUser {
  const parts = written.split(":");
  if (parts.length > 2) return { ok: false, message: "invalid user format: too many parts" };
  const [user = "", group] = parts;
  const refusal = refusePart(user, "user") ?? (group === undefined ? null : refusePart(group, "group"));
  if (refusal !== null) return { ok: false, message: `invalid user format: ${refusal}` };
  const [uid, gid] = [numberOf(user), group === undefined ? null : numberOf(group)];
  return {
    ok: true,
    user: { uid, gid, username: uid === null ? user : null, groupname: gid === null ? (group ?? null) : null },
  };
}

function refusePart(part: string, of: "user" | "group"): string | null {
  if (part === "") return `empty ${of} name or id`;
  const id = numberOf(part);
  return id !== null && id < 0 ? `negative ${of === "user" ? "uid" : "gid"} ${id}` : null;
}

function numberOf(part: string): number | null {
  return parseIntegerText(part);
}

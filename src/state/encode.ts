import type { z } from "zod";

import { findInJson, JsonError, placeAt } from "../lib/json-place.ts";
import type { Place } from "../lib/json-place.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";

/** A document of the state branch: keys in the schema's order, two spaces, a final line break, so that a commit is a readable diff. */
export function encode<Value>(schema: z.ZodType<Value>, value: Value, path: string): string {
  return `${JSON.stringify(
    check(schema, value, path, () => null),
    null,
    2,
  )}\n`;
}

/** Reads a document. What is wrong is an `UnreadableState` with the file's path in the branch, the place in it and what was expected. */
export function decode<Value>(schema: z.ZodType<Value>, text: string, path: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(text, path, cause);
  }
  return check(schema, value, path, (way) => findInJson(text, way));
}

/** A file of the state branch that is not what it must be. */
export class UnreadableState extends UserError {
  readonly path: string;
  readonly reason: string;
  /** `null`: the whole file is meant. */
  readonly place: Place | null;

  constructor(path: string, reason: string, place: Place | null = null, hint = repairedBy(path)) {
    const where = place === null ? path : `${path}:${place.line}:${place.column}`;
    super("state-unreadable", `state branch, ${where}: ${reason}`, { exitCode: exitCodes.failed, hint });
    this.path = path;
    this.reason = reason;
    this.place = place;
  }
}

function repairedBy(path: string): string {
  return `nothing was changed; \`dstack-gitops state repair\` looks for the file's last good version (git log -p BRANCH -- ${path})`;
}

/** The error for a file of the state branch that is not what it must be. */
export function unreadable(path: string, reason: string): UnreadableState {
  return new UnreadableState(path, reason);
}

function notJson(text: string, path: string, cause: unknown): UnreadableState {
  const conflict = /^<{7} .*$/m.exec(text);
  if (conflict !== null)
    return new UnreadableState(path, "has marks of a merge that was not finished", placeAt(text, conflict.index));
  try {
    findInJson(text, []);
  } catch (error) {
    if (error instanceof JsonError) return new UnreadableState(path, error.message, placeAt(text, error.offset));
  }
  return unreadable(path, cause instanceof Error ? cause.message : String(cause));
}

function check<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  path: string,
  find: (way: readonly PropertyKey[]) => Place | null,
): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const reasons = issues.map((issue, index) => {
    const place = index === 0 ? null : find(issue.path);
    return `${place === null ? "" : `line ${place.line}: `}${placeOf(issue.path)}${issue.message}`;
  });
  throw new UnreadableState(path, reasons.slice(0, 5).join("; "), find(issues[0]?.path ?? []));
}

function placeOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "" : `${text.replace(/^\./, "")}: `;
}

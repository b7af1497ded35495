import type { z } from "zod";

import { exitCodes, UserError } from "../lib/user-error.ts";

/** A document of the state branch: keys in the schema's order, two spaces, a final line break, so that a commit is a readable diff. */
export function encode<Value>(schema: z.ZodType<Value>, value: Value, path: string): string {
  return `${JSON.stringify(check(schema, value, path), null, 2)}\n`;
}

/** Reads a document. What is wrong is a `UserError` with the file's path in the branch, the place in it and what was expected. */
export function decode<Value>(schema: z.ZodType<Value>, text: string, path: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause));
  }
  return check(schema, value, path);
}

/** The error for a file of the state branch that is not what it must be. */
export function unreadable(path: string, reason: string): UserError {
  return new UserError("state-unreadable", `state branch, ${path}: ${reason}`, {
    exitCode: exitCodes.failed,
    hint: `nothing was changed; the file's last good version is in the branch's history (git log -p BRANCH -- ${path})`,
  });
}

function check<Value>(schema: z.ZodType<Value>, value: unknown, path: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${placeOf(issue.path)}${issue.message}`);
  throw unreadable(path, issues.slice(0, 5).join("; "));
}

function placeOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "" : `${text.replace(/^\./, "")}: `;
}

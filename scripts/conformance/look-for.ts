import { isRecord } from "./agree.ts";

/** Whether any member of a value, however deep, is what is looked for. */
export function anywhere(input: unknown, looked: (key: string, member: unknown) => boolean): boolean {
  return members(input).some(([key, member]) => looked(key, member) || anywhere(member, looked));
}

/** Every text of a value, its keys too. */
export function texts(input: unknown): readonly string[] {
  if (typeof input === "string") return [input];
  return members(input).flatMap(([key, member]) => [key, ...texts(member)]);
}

function members(input: unknown): readonly (readonly [string, unknown])[] {
  return Array.isArray(input) || isRecord(input) ? Object.entries(input) : [];
}

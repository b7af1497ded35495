import { formsOf, isMapping } from "./forms.ts";
import { type Json, listOf } from "./json.ts";

/** One property in a table. */
export interface Row {
  readonly title: string;
  readonly json: Json;
  readonly isRequired: boolean;
}

/** Properties below another one: everything that is to be known of them. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ title, json, isRequired }) => [
    title,
    cell(String(json["description"])),
    cell(formsOf(json)),
    cell(byDefault(json, isRequired)),
    code(listOf(json["examples"])[0]),
  ]);
  return drawn(["property", "what it says", "form", "default", "example"], lines);
}

/** Properties with links to their sections, and what a change of them does where that is to be told. */
export function overview(rows: readonly (Row & { readonly effect: string | null })[]): string {
  const hasEffects = rows.some(({ effect }) => effect !== null);
  const lines = rows.map(({ title, json, isRequired, effect }) => [
    title,
    cell(String(json["description"])),
    cell(byDefault(json, isRequired)),
    ...(hasEffects ? [effect ?? ""] : []),
  ]);
  return drawn(["property", "what it says", "default", ...(hasEffects ? ["a change"] : [])], lines);
}

/** The default as people would write it. */
export function byDefault(json: Json, isRequired: boolean): string {
  if (isRequired) return "required";
  if (json["default"] !== undefined) return code(json["default"]);
  return isMapping(json) && json["type"] === "object" ? "as below" : "not set";
}

function drawn(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");
}

function code(value: unknown): string {
  return value === undefined ? "" : `\`${cell(typeof value === "string" ? value : flow(value))}\``;
}

/** JSON with the blanks that people put into YAML. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "string" ? plain(value) : String(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key}: ${flow(member)}`)
    .join(", ")} }`;
}

function plain(text: string): string {
  return /^[a-zA-Z0-9][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

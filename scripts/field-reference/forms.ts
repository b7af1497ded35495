import { duration, offableDuration } from "../../src/config/fields/duration.ts";
import { memory, memoryRange } from "../../src/config/fields/memory.ts";
import { integerRange } from "../../src/config/fields/range.ts";
import { alternativesOf, type Json, listOf, recordOf } from "./json.ts";

/** Forms that many properties have: pages tell of them once, under `Forms`. */
const common: ReadonlyMap<unknown, string> = new Map([
  [duration().expects, "a [duration](#forms)"],
  [offableDuration.expects, "a [duration](#forms), or `off`"],
  [memory.expects, "a [size](#forms)"],
  [memoryRange.expects, "a [size or range](#forms)"],
  [integerRange.expects, "a whole number or [range](#forms)"],
]);

/** How a value may be written, for people: `a list of texts`, `true` or `false`. */
export function formsOf(json: Json): string {
  const title = json["title"];
  const known = common.get(title);
  if (known !== undefined) return known;
  if (typeof title !== "string") return anyOf(alternativesOf(json).map(formOf));
  const hasMapping = alternativesOf(json).some(isMapping);
  return hasMapping && !title.includes("mapping") ? `${title}, or a mapping` : title;
}

/** Whether it is a mapping of known properties. */
export function isMapping(json: Json): boolean {
  return "properties" in json;
}

function anyOf(forms: readonly string[]): string {
  const [first = "", second, ...rest] = new Set(forms);
  return second === listOfItems(first) && rest.length === 0
    ? `${first}, or a list of them`
    : [...new Set(forms)].join(", or ");
}

function formOf(json: Json): string {
  if (typeof json["title"] === "string") return formsOf(json);
  if ("enum" in json) return words(json["enum"]);
  if ("const" in json) return words([json["const"]]);
  const types = new Set([json["type"]].flat());
  if (types.has("array")) return listForm(json);
  if (types.has("object")) return isMapping(json) ? "a mapping" : namesForm(json);
  if (types.has("boolean")) return words([true, false]);
  if (types.has("integer")) return `a whole number${limits(json)}`;
  // Texts are also given as numbers, and the other way round: numbers have their pattern.
  return types.has("number") && isNumber(json) ? `a number${limits(json)}` : "a text";
}

function isNumber(json: Json): boolean {
  return ["minimum", "maximum", "exclusiveMinimum"].some((keyword) => keyword in json);
}

function listForm(json: Json): string {
  const item = formsOf(recordOf(json["items"]));
  return json["maxItems"] === 1 ? `a list with one item: ${item}` : listOfItems(item);
}

function namesForm(json: Json): string {
  const named = plurals[formsOf(recordOf(json["additionalProperties"]))];
  return `a mapping of names to ${named ?? "texts"}`;
}

function listOfItems(item: string): string {
  const several = plurals[item];
  return several === undefined ? `a list, each item ${item}` : `a list of ${several}`;
}

const plurals: Readonly<Record<string, string>> = {
  "a text": "texts",
  "a mapping": "mappings",
  "the name of an environment variable": "names of environment variables",
};

function words(values: unknown): string {
  return listOf(values)
    .filter((value) => value !== null)
    .map((value) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``)
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");
}

function limits({ minimum, maximum, exclusiveMinimum }: Json): string {
  if (typeof exclusiveMinimum === "number") return ` above ${exclusiveMinimum}`;
  if (typeof minimum === "number" && typeof maximum === "number" && maximum < 1e9)
    return ` from ${minimum} to ${maximum}`;
  return typeof minimum === "number" && Number.isInteger(minimum) ? ` of at least ${minimum}` : "";
}

import { stringify } from "yaml";

import { formsOf, isMapping } from "./forms.ts";
import { alternativesOf, type Json, listOf, recordOf } from "./json.ts";
import { byDefault, table, type Row } from "./table.ts";

/** A property of a file, with what is to be said of it besides its schema. */
export interface Property {
  readonly name: string;
  readonly json: Json;
  readonly isRequired: boolean;
  /** What a change of it does; `null`: nothing is to be said of it. */
  readonly effect: string | null;
}

/** The properties of a schema, in its order. */
export function propertiesOf(json: Json): readonly Omit<Property, "effect">[] {
  const required = new Set(listOf(json["required"]));
  return Object.entries(recordOf(json["properties"])).map(([name, property]) => ({
    name,
    json: recordOf(property),
    isRequired: required.has(name),
  }));
}

/** All of one property: what it says, its forms, default and effect, an example, and the properties below it. */
export function section({ name, json, isRequired, effect }: Property, level: "##" | "###"): string {
  const [example] = listOf(json["examples"]);
  return [
    `${level} \`${name}\``,
    `${String(json["description"])}${json["deprecated"] === true ? " Deprecated." : ""}`,
    [
      `- Form: ${formsOf(json)}`,
      `- Default: ${byDefault(json, isRequired)}`,
      ...(effect === null ? [] : [`- A change: ${effect}`]),
    ].join("\n"),
    `\`\`\`yaml\n${stringify({ [name]: example }, { lineWidth: 0 })}\`\`\``,
    ...nested(json, name).map((part) => part.replace(/^#/, `${level}#`)),
  ].join("\n\n");
}

/** Tables of the mappings at and below a path. */
function nested(json: Json, path: string): readonly string[] {
  const mappings = alternativesOf(json).filter((form) => isMapping(form) && !isRange(form));
  const tables = mappings.flatMap((mapping) => {
    const properties = propertiesOf(mapping);
    const rows = properties.map(({ name, ...property }): Row => ({ title: `\`${name}\``, ...property }));
    return [
      `# \`${path}\` as a mapping${distinction(mapping, mappings)}`,
      table(rows),
      ...properties.flatMap((property) => nested(property.json, `${path}.${property.name}`)),
    ];
  });
  const items = alternativesOf(json).filter((form) => "items" in form);
  return [...tables, ...items.flatMap((form) => nested(recordOf(form["items"]), `${path}[]`))];
}

/** Every range has the same mapping, of which the page tells once. */
function isRange(json: Json): boolean {
  return Object.keys(recordOf(json["properties"])).join() === "min,max";
}

/** What tells one kind of mapping from the others in its place: the one word of a property, or a property of its own. */
function distinction(mapping: Json, all: readonly Json[]): string {
  if (all.length === 1) return "";
  const others = all.filter((each) => each !== mapping);
  for (const { name, json } of propertiesOf(mapping)) {
    const counterparts = others.map((other) => recordOf(recordOf(other["properties"])[name]));
    const [word, ...more] = listOf(json["enum"]);
    if (
      typeof word === "string" &&
      more.length === 0 &&
      counterparts.every((each) => !listOf(each["enum"]).includes(word))
    )
      return ` with \`${name}: ${word}\``;
    if (counterparts.every((each) => Object.keys(each).length === 0)) return ` with \`${name}\``;
  }
  return "";
}

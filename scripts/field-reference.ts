import { serviceSchema, settingsFileSchema } from "../src/config/json-schema.ts";
import { notActedOnYet } from "../src/reconciler/acts-on.ts";
import { behaviourDifferences } from "./behaviour-differences.ts";
import { differences } from "./conformance/differences.ts";
import { skips } from "./conformance/skips.ts";
import { serverDifferences } from "./oracle/differences.ts";
import { dstackVersion } from "./oracle/server.ts";

/** `docs/service-file.md`: every property of a service file, from the fields that parse it. */
export function serviceReference(): string {
  return page("Service files", [
    "Every property that a `*.dstack.yml` with `type: service` may have.",
    `All of them are validated, compared and planned. \`apply\` refuses a service that sets one of these, since nothing acts on them yet: ${notActedOnYet.map((name) => `\`${name}\``).join(", ")}. A backend refuses what it cannot give, with the reason ([backends](backends)).`,
    ...sections(serviceSchema(), ""),
  ]);
}

/** `docs/settings.md`: every property of the settings. */
export function settingsReference(): string {
  return page("Settings", [
    "Every property of `.dstack/gitops.yml`. All of them have defaults.",
    ...sections(settingsFileSchema(), ""),
  ]);
}

/** `docs/differences.md`: where recorded answers of the reference are not ours, on purpose. */
export function differencesReference(): string {
  return page("Differences from the reference", [
    "`npm run conformance -- DIR` compares answers with the reference's recorded ones. They differ on purpose in these:",
    differences.map(({ reason }) => `- ${reason}`).join("\n"),
    `\`npm run oracle\` asks the reference's own server, version ${dstackVersion}, what edits of a running service do: whether it is updated or restarted, and whether its replicas are replaced. It and \`diff\` differ in these:`,
    serverDifferences.map(({ reason }) => `- ${reason}`).join("\n"),
    "In what it does, the program differs on purpose in these:",
    behaviourDifferences.map((difference) => `- ${difference}`).join("\n"),
    "## Not answered",
    "These recorded cases are skipped, for these reasons:",
    Object.values(skips)
      .map(({ reason, where }) => `- ${reason} (${where})`)
      .join("\n"),
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n<!-- Drawn by \`npm run generate\` from the sources. -->\n\n${parts.join("\n\n")}\n`;
}

/** A table of a mapping's properties, then the tables of those that are mappings or lists of mappings. */
function sections(schema: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const properties = Object.entries(recordOf(schema["properties"]));
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const rows = properties.map(([name, property]) => row(name, recordOf(property), required.has(name)));
  const table = ["| property | default | what it says | example |", "| --- | --- | --- | --- |", ...rows].join("\n");
  const title = path === "" ? [] : [`## \`${path}\``];
  return [
    ...title,
    table,
    ...properties.flatMap(([name, property]) => nested(recordOf(property), path === "" ? name : `${path}.${name}`)),
  ];
}

function row(name: string, property: Readonly<Record<string, unknown>>, isRequired: boolean): string {
  const examples: readonly unknown[] = Array.isArray(property["examples"]) ? property["examples"] : [];
  const byDefault = isRequired ? "required" : code(property["default"]);
  return `| \`${name}\` | ${byDefault} | ${cell(String(property["description"]))} | ${code(examples[0])} |`;
}

function nested(property: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  if ("properties" in property)
    return Object.keys(recordOf(property["properties"])).join() === "min,max" ? [] : sections(property, path);
  if ("items" in property) return nested(recordOf(property["items"]), `${path}[]`);
  const forms: readonly unknown[] = Array.isArray(property["anyOf"]) ? property["anyOf"] : [];
  return forms.flatMap((form) => nested(recordOf(form), path));
}

function code(value: unknown): string {
  return value === undefined ? "" : `\`${cell(typeof value === "string" ? value : JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

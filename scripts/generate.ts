import { readFile, writeFile } from "node:fs/promises";

import { profilesFileSchema, serviceFileSchema, settingsFileSchema } from "../src/config/json-schema.ts";
import { actionReference } from "./action-reference.ts";
import { parseArchitecture, replaceSection } from "./architecture/document.ts";
import { drawMap } from "./architecture/map.ts";
import { readSources } from "./architecture/source.ts";
import { differencesReference, profilesReference, serviceReference, settingsReference } from "./field-reference.ts";

/** A file of the repository with one part that is drawn from the sources. */
interface Generated {
  readonly file: string;
  readonly draw: (text: string) => Promise<string>;
}

const generated: readonly Generated[] = [
  { file: "ARCHITECTURE.md", draw: drawArchitecture },
  { file: "README.md", draw: drawReadme },
  { file: "docs/service-file.md", draw: async () => serviceReference() },
  { file: "docs/settings.md", draw: async () => settingsReference() },
  { file: "docs/profiles.md", draw: async () => profilesReference() },
  { file: "docs/profiles.schema.json", draw: async () => schemaText(profilesFileSchema()) },
  { file: "docs/service.schema.json", draw: async () => schemaText(serviceFileSchema()) },
  { file: "docs/settings.schema.json", draw: async () => schemaText(settingsFileSchema()) },
  { file: "docs/differences.md", draw: async () => differencesReference() },
];

const check = process.argv.includes("--check");
const root = new URL("../", import.meta.url);

for (const { file, draw } of generated) {
  const url = new URL(file, root);
  const before = await readFile(url, "utf8").catch(() => "");
  const after = await draw(before);
  if (after === before) continue;
  if (!check) await writeFile(url, after);
  console.log(check ? `${file} is out of date: run \`npm run generate\`` : `${file} is drawn again`);
  if (check) process.exitCode = 1;
}

async function drawArchitecture(text: string): Promise<string> {
  const sources = await readSources(new URL("src", root).pathname);
  return replaceSection(text, "map", drawMap(sources, parseArchitecture(text)));
}

function schemaText(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

async function drawReadme(text: string): Promise<string> {
  return replaceSection(text, "inputs", actionReference(await readFile(new URL("action.yml", root), "utf8")));
}

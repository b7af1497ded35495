import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { build, type OutputChunk } from "rolldown";

/** What users run, by the name in `dist/`. Everything else becomes chunks that are loaded when they are needed. */
const entries = {
  cli: "src/cli.ts",
  action: "src/action.ts",
  post: "src/post.ts",
  "replica-supervisor": "src/backends/local/supervisor.ts",
} as const;

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = `${root}dist`;

await rm(dist, { recursive: true, force: true });
const { output } = await build({
  cwd: root,
  input: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(root + file))),
  platform: "node",
  // The sources' own target: the launcher refuses what cannot run it.
  transform: { target: "node22.19" },
  // Bundled code is found relative to its chunk: keep all of them in one folder.
  output: {
    dir: dist,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // Names stay, so that a reported stack can be read.
    minify: { compress: true, mangle: false, codegen: true },
    comments: false,
  },
  logLevel: "warn",
});
const chunks = output.filter((file) => file.type === "chunk");
await writeFile(`${dist}/licenses.txt`, await licenses(packagesOf(chunks)));
for (const name of await readdir(dist))
  console.log(`${String((await stat(`${dist}/${name}`)).size).padStart(9)} ${name}`);

/** Folders of the packages that the bundle contains code of. */
function packagesOf(parts: readonly OutputChunk[]): readonly string[] {
  const folders = parts.flatMap(({ moduleIds }) =>
    moduleIds.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  );
  return [...new Set(folders)].toSorted();
}

/** The licenses of what is bundled, as those licenses ask. */
async function licenses(folders: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const files = await readdir(folder);
      const file = files.find((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${folder} has no license file: do not bundle it`);
      return `${basename(folder)}\n\n${(await readFile(`${folder}/${file}`, "utf8")).trim()}\n`;
    }),
  );
  return `Code of these packages is part of the bundle.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

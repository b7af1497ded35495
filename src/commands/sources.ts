import type { Diagnostic } from "../lib/diagnostics.ts";
import type { App } from "./app.ts";
import { readOfHome } from "./profile.ts";

/** Texts of the files that diagnostics are about, for showing where they point. What cannot be read is left out. */
export async function sourcesOf(app: App, diagnostics: readonly Diagnostic[]): Promise<ReadonlyMap<string, string>> {
  const paths = [
    ...new Set(diagnostics.flatMap((diagnostic) => [diagnostic.file ?? [], diagnostic.related?.file ?? []].flat())),
  ];
  try {
    const { repository } = await app.project();
    const texts = await Promise.all(
      paths.map(async (path) => {
        const ofHome = path.startsWith("~/");
        const read = ofHome ? readOfHome(app, path) : repository.read(path, app.options.ref ?? undefined);
        const bytes = await read.catch(() => null);
        return bytes === null ? [] : [[path, new TextDecoder().decode(bytes)] as const];
      }),
    );
    return new Map(texts.flat());
  } catch {
    return new Map();
  }
}

import { parseServiceFile, type ParsedFile, type ServiceSource } from "../../src/config/parse.ts";

/** A file with this text. */
export function file(text: string, path = "service.dstack.yml"): { readonly path: string; readonly bytes: Uint8Array } {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** Parses lines that are added to a service which is valid without them. */
export function parseLines(...lines: readonly string[]): ParsedFile {
  return parseServiceFile(file([base, ...lines, ""].join("\n")));
}

const base = "type: service\nname: web\nport: 80\nimage: nginx";

/** A text's service; fails the test with what is wrong where there is none. */
export function service(text: string, path?: string): ServiceSource {
  const parsed = parseServiceFile(file(text, path));
  if (parsed.kind !== "service") throw new Error(`expected a service, got ${JSON.stringify(parsed, null, 2)}`);
  return parsed.service;
}

/** Diagnostics in short: `severity code line:column path`. */
export function shorts({ diagnostics }: Pick<ParsedFile, "diagnostics">): readonly string[] {
  return diagnostics.map(({ severity, code, line, column, path }) =>
    [severity, code, `${line}:${column}`, path].filter((part) => part !== undefined && part !== "").join(" "),
  );
}

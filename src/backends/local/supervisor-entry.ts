import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The program that supervises a replica: beside this file in a clone, a file of its own beside the bundle. */
export function supervisorEntry(): string {
  const names = import.meta.url.endsWith(".ts")
    ? ["./supervisor.ts"]
    : ["./replica-supervisor.js", "../replica-supervisor.js"];
  const paths = names.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`${paths.join(" or ")} is missing: this installation of dstack-gitops is not whole`);
  return found;
}

/** In a clone: where Node keeps the supervisor's code without its types, whose removal takes longer than all the rest of its start. */
export function compileCache(): Readonly<Record<string, string>> {
  if (!import.meta.url.endsWith(".ts")) return {};
  return {
    NODE_COMPILE_CACHE: fileURLToPath(new URL("../../../node_modules/.cache/replica-supervisor", import.meta.url)),
  };
}

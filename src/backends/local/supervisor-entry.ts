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

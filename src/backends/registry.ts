import type { BackendSettings } from "../config/settings.ts";
import { UserError } from "../lib/user-error.ts";
import type { Backend } from "./backend.ts";
import type { BackendEnvironment, BackendModule } from "./definition.ts";

/** Every backend there is, loaded when the settings name it. */
const folders = {
  local: async () => (await import("./local/index.ts")).definition,
} satisfies Record<string, () => Promise<BackendModule>>;

/** What `type` of an entry of `backends` may be. */
export const backendNames: readonly string[] = Object.keys(folders);

/** The backend that an entry of the settings asks for. */
export async function createBackend(settings: BackendSettings, environment: BackendEnvironment): Promise<Backend> {
  const load = new Map(Object.entries(folders)).get(settings.type);
  if (load === undefined) {
    throw new UserError("unknown-backend", `unknown backend: ${settings.type}`, {
      hint: `known: ${backendNames.join(", ")}`,
    });
  }
  return (await load()).create(settings, environment);
}

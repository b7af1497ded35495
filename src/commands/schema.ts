import { profilesFileSchema, serviceFileSchema, settingsFileSchema } from "../config/json-schema.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import type { App } from "./app.ts";

const schemas = { service: serviceFileSchema, settings: settingsFileSchema, profiles: profilesFileSchema } as const;

/** `schema [service|settings|profiles]`: the JSON Schema of a kind of file, for editors. */
export function schema(app: App, name: keyof typeof schemas): ExitCode {
  app.io.stdout(`${JSON.stringify(schemas[name](), null, 2)}\n`);
  return exitCodes.success;
}

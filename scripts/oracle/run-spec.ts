import { basename } from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { interpolate } from "../../src/config/interpolate.ts";
import type { Configuration } from "../../test/config/spellings.ts";
import type { Side } from "./pair.ts";

/** An archive of one local file, and where its content goes inside. */
export interface LocalFile {
  /** The archive keeps the name that the file has here. */
  readonly name: string;
  readonly content: string;
  readonly path: string;
}

/** What the reference's command line makes of a service file before it asks the server. */
export interface RunRequest {
  readonly configuration: Configuration;
  readonly files: readonly LocalFile[];
}

const record = z.record(z.string(), z.unknown());
const mapping = z.union([
  z.string().transform((written) => {
    const [local_path = "", path = local_path] = written.split(":");
    return { local_path, path };
  }),
  z.object({ local_path: z.string(), path: z.string() }),
]);
const auth = z.object({ username: z.string(), password: z.string() });
const probe = z.looseObject({
  url: z.string().nullish(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  body: z.string().nullish(),
});

/** A side as the command line sends it: variables filled in, references to them replaced, files named with their contents. */
export function runRequest({ text, edition }: Side): RunRequest {
  const read = written(text);
  const env = environment(read["env"]);
  const answer = (template: string): string => filled(template, env);
  const { registry_auth, probes } = read;
  return {
    configuration: {
      ...read,
      ...(read["env"] === undefined ? {} : { env }),
      ...(registry_auth ? { registry_auth: filledAuth(auth.parse(registry_auth), answer) } : {}),
      ...(probes
        ? {
            probes: z
              .array(probe)
              .parse(probes)
              .map((each) => filledProbe(each, answer)),
          }
        : {}),
    },
    files: z
      .array(mapping)
      .parse(read["files"] ?? [])
      .map(({ local_path, path }) => ({ name: basename(local_path), content: contentOf(edition), path })),
  };
}

/** A service file as any reader of YAML 1.1 takes it, with no rule of ours. */
export function written(text: string): Configuration {
  return record.parse(parse(text, { version: "1.1" }));
}

/** What every local file holds: only another edition makes a difference. */
export function contentOf(edition: number): string {
  return `edition ${edition}\n`;
}

function environment(given: unknown): Readonly<Record<string, string>> {
  const entries = Array.isArray(given)
    ? z
        .array(z.string())
        .parse(given)
        .map((item) => assignment(item))
    : Object.entries(record.parse(given ?? {})).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(entries);
}

/** A bare name gets a value that no file assigns. */
function assignment(item: string): readonly [string, string] {
  const equals = item.indexOf("=");
  return equals < 0 ? [item, `${item} of whoever applies`] : [item.slice(0, equals), item.slice(equals + 1)];
}

function filled(template: string, env: Readonly<Record<string, string>>): string {
  const result = interpolate(template, { lookup: (name) => env[name.slice("env.".length)], skip: ["secrets"] });
  if (!result.ok) throw new Error(result.message);
  return result.text;
}

type Answer = (template: string) => string;

function filledAuth({ username, password }: z.infer<typeof auth>, answer: Answer): z.infer<typeof auth> {
  return { username: answer(username), password: answer(password) };
}

function filledProbe(given: z.infer<typeof probe>, answer: Answer): z.infer<typeof probe> {
  const { url, headers, body } = given;
  return {
    ...given,
    ...(url ? { url: answer(url) } : {}),
    ...(headers ? { headers: headers.map(({ name, value }) => ({ name, value: answer(value) })) } : {}),
    ...(body ? { body: answer(body) } : {}),
  };
}

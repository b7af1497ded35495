/** The environment variables of a service. */

import { type At, child, type Field, invalid, refuse, report, type Schema, unexpected } from "../schema/schema.ts";
import { readText } from "../schema/text.ts";
import type { ServiceSpec } from "../spec.ts";
import { isList, isMapping, type YamlValue } from "../yaml/value.ts";
import { checkEnvValue } from "./template.ts";

type Env = ServiceSpec["env"];

const pattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const expects = "a list of `NAME` and `NAME=value`, or a mapping";

const envSchema: Schema<Env> = {
  expects,
  json: () => ({
    title: expects,
    anyOf: [
      {
        type: "array",
        uniqueItems: true,
        items: { type: "string", pattern: "^[a-zA-Z_][a-zA-Z0-9_]*(?:=[\\s\\S]*)?$" },
      },
      {
        type: "object",
        propertyNames: { pattern: pattern.source },
        additionalProperties: { type: ["string", "number"] },
      },
    ],
  }),
  read: (value, at) => {
    if (!isList(value) && !isMapping(value)) return unexpected(expects, value, at);
    const env = new Map<string, string | null>();
    const before = at.issues.length;
    if (isList(value)) value.forEach((item, index) => readItem(item, env, child(at, index)));
    else for (const [name, member] of value) readMember(name, member, { env, at: child(at, name) });
    return at.issues.slice(before).some(({ severity, stage }) => severity === "error" && stage !== "resolve")
      ? invalid
      : Object.fromEntries(env);
  },
};

/** `NAME=value`, or a bare `NAME` whose value comes from the environment of whoever applies. */
function readItem(item: YamlValue, env: Map<string, string | null>, at: At): void {
  if (isMapping(item)) {
    unexpected("`NAME=value`", item, at);
    return;
  }
  const written = readText(item, at);
  if (written === null) {
    unexpected("`NAME` or `NAME=value`", item, at);
    return;
  }
  const equals = written.indexOf("=");
  const name = equals < 0 ? written : written.slice(0, equals);
  checkName(name, at);
  if (env.has(name)) refuse(at, `Duplicate environment variable: ${written}`);
  const value = equals < 0 ? null : written.slice(equals + 1);
  if (value !== null) checkEnvValue(value, at);
  env.set(name, value);
}

function readMember(
  name: string,
  value: YamlValue,
  { env, at }: { readonly env: Map<string, string | null>; readonly at: At },
): void {
  checkName(name, at);
  const read = readText(value, at);
  if (read !== null) {
    checkEnvValue(read, at);
    env.set(name, read);
  } else if (value === null)
    refuse(at, `\`${name}\` has no value`, {
      hint: `write "" for an empty value; in a list, a bare \`${name}\` takes it from your environment`,
      part: "key",
    });
  else unexpected("text", value, at);
}

/** The reference lets any name pass; a name that no process can be given is an error here. */
function checkName(name: string, at: At): void {
  if (pattern.test(name)) return;
  if (name === "" || name.includes("=")) {
    refuse(at, `expected a name, got ${JSON.stringify(name)}`, { part: "whole" });
    return;
  }
  report(at, {
    severity: "warning",
    code: "env-name",
    message: `\`${name}\` is no name that shells can refer to`,
    hint: "letters, digits and `_`, no digit first",
    part: "whole",
  });
}

export const env: Field<Env> = {
  schema: envSchema,
  default: {},
  description:
    "Environment variables. In a list, a bare `NAME` takes its value from the environment of whoever applies, and so does `${{ secrets.NAME }}` in a value.",
  example: ["HF_TOKEN", "MODEL_ID=meta-llama/Meta-Llama-3.1-8B-Instruct"],
};

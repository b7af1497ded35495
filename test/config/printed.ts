import { stringify } from "yaml";

import { parseServiceFile } from "../../src/config/parse.ts";
import { readService } from "../../src/config/read-service.ts";
import { type Issue, root } from "../../src/config/schema/schema.ts";
import { readSource } from "../../src/config/source.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { isMapping } from "../../src/config/yaml/value.ts";
import { file } from "./parsing.ts";
import type { Configuration } from "./spellings.ts";

/** A value as YAML, its texts in quotes, so that they are what they are under any version. */
export function yamlOf(value: unknown): string {
  return escaped(stringify(value, { version: "1.1", defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }));
}

/** A value as JSON, which is YAML but for characters that end lines in YAML 1.1 or may not stand there. */
export function jsonOf(value: unknown): string {
  return escaped(JSON.stringify(value));
}

function escaped(text: string): string {
  return text.replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A spec as a service file again: what is `null` is left out, and bare names need a list. */
export function printed(spec: ServiceSpec): Configuration {
  const env = Object.entries(spec.env).map(([name, value]) => (value === null ? name : `${name}=${value}`));
  const given = Object.entries(spec).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), env };
}

/** The spec of a text, though nothing may act on it yet; fails with what is wrong. */
export function specOfText(text: string): ServiceSpec {
  const { value } = readSource(file(text));
  const issues: Issue[] = [];
  const spec = isMapping(value) ? readService(value, null, root(issues)).spec : null;
  const errors = issues.filter(({ severity }) => severity === "error");
  if (spec !== null && errors.length === 0) return spec;
  throw new Error(`${text}\n${JSON.stringify([errors, parseServiceFile(file(text)).diagnostics], null, 2)}`);
}

/** The spec of a service, written without quotes where YAML 1.1 lets it. */
export function specOf(configuration: Configuration): ServiceSpec {
  return specOfText(stringify(configuration, { version: "1.1" }));
}

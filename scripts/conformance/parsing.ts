import { readService } from "../../src/config/read-service.ts";
import { invalid, type Issue, root, type Schema } from "../../src/config/schema/schema.ts";
import { readSource, type SourceBytes } from "../../src/config/source.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { isMapping } from "../../src/config/yaml/value.ts";
import { isRecord } from "./agree.ts";
import { type Outcome, refused, value } from "./case.ts";
import { yamlOf } from "./numbers.ts";

/** What the reference has done with a configuration when it answers a case. */
type Stage = "parsed" | "planned" | "registered";

/** Whether the reference looks for a problem by then; it checks hardware in its command line, and generates names. */
function isFound({ severity, code, stage }: Issue, by: Stage): boolean {
  if (severity !== "error" || stage === "resolve" || code === "image-required") return false;
  if (code === "gateway-required") return by === "registered";
  return stage !== "plan" || by === "planned";
}

interface Read {
  readonly spec: ServiceSpec | null;
  readonly errors: readonly Issue[];
}

/** Reads a configuration as users' files are read: as text, through the YAML parser and every schema and rule. */
export function readConfiguration(configuration: unknown, stage: Stage = "parsed"): Read {
  // The reference generates names where there are none.
  const named = isRecord(configuration) ? { ...configuration, name: configuration["name"] ?? "svc" } : configuration;
  const { value: yaml, diagnostics } = readSource(sourceOf(named));
  const issues: Issue[] = diagnostics.map(({ severity, code, message }) => ({
    severity,
    code,
    message,
    path: [],
    part: "value",
  }));
  const spec = yaml !== undefined && isMapping(yaml) ? readService(yaml, null, root(issues)).spec : null;
  const errors = issues.filter((issue) => isFound(issue, stage));
  return { spec: errors.length > 0 ? null : spec, errors };
}

/** What a configuration's spec gives, or its errors. */
export function fromSpec(
  configuration: unknown,
  give: (spec: ServiceSpec) => unknown,
  stage: Stage = "parsed",
): Outcome {
  const { spec, errors } = readConfiguration(configuration, stage);
  return spec === null ? refused(...errors.map(({ message }) => message)) : value(give(spec));
}

/** One value, read as users' files are read, by the schema of one property. */
export function fromSchema<T>(schema: Schema<T>, input: unknown, give: (read: T) => unknown = (read) => read): Outcome {
  const issues: Issue[] = [];
  const { value: yaml } = readSource(sourceOf({ value: input }));
  const read = isMapping(yaml) ? schema.read(yaml.get("value") ?? null, root(issues)) : invalid;
  const errors = issues.filter(({ severity }) => severity === "error");
  return read === invalid || errors.length > 0 ? refused(...errors.map(({ message }) => message)) : value(give(read));
}

function sourceOf(content: unknown): SourceBytes {
  return { path: "case.dstack.yml", bytes: new TextEncoder().encode(yamlOf(content)) };
}

/** A property read as part of a service that is valid without it. */
export function fromProperty(
  properties: Readonly<Record<string, unknown>>,
  give: (spec: ServiceSpec) => unknown,
  stage: Stage = "parsed",
): Outcome {
  return fromSpec({ type: "service", port: 80, image: "x", ...properties }, give, stage);
}

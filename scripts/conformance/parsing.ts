import { readService } from "../../src/config/read-service.ts";
import { type Issue, root } from "../../src/config/schema/schema.ts";
import { readSource } from "../../src/config/source.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { isMapping } from "../../src/config/yaml/value.ts";
import { isRecord } from "./agree.ts";
import { type Outcome, refused, value } from "./case.ts";
import { stringifyMarked } from "./floats.ts";

/** Codes of problems that the reference has none for: it generates names, and checks hardware in its command line. */
const ours: ReadonlySet<string> = new Set(["image-required"]);

interface Read {
  readonly spec: ServiceSpec | null;
  readonly errors: readonly Issue[];
}

/** Reads a configuration as users' files are read: as text, through the YAML parser and every schema and rule. */
export function readConfiguration(configuration: unknown): Read {
  const named =
    isRecord(configuration) && !("name" in configuration) ? { ...configuration, name: "svc" } : configuration;
  const { value: yaml, diagnostics } = readSource({
    path: "case.dstack.yml",
    bytes: new TextEncoder().encode(stringifyMarked(named)),
  });
  const issues: Issue[] = diagnostics.map(({ severity, code, message }) => ({
    severity,
    code,
    message,
    path: [],
    part: "value",
  }));
  const spec = yaml !== undefined && isMapping(yaml) ? readService(yaml, root(issues)).spec : null;
  return { spec, errors: issues.filter(({ severity, code }) => severity === "error" && !ours.has(code)) };
}

/** What a configuration's spec gives, or its errors. */
export function fromSpec(configuration: unknown, give: (spec: ServiceSpec) => unknown): Outcome {
  const { spec, errors } = readConfiguration(configuration);
  return spec === null || errors.length > 0 ? refused(...errors.map(({ message }) => message)) : value(give(spec));
}

/** A property read as part of a service that is valid without it. */
export function fromProperty(
  properties: Readonly<Record<string, unknown>>,
  give: (spec: ServiceSpec) => unknown,
): Outcome {
  return fromSpec({ type: "service", port: 80, image: "x", ...properties }, give);
}

import type { Diagnostic } from "../lib/diagnostics.ts";
import type { ServiceSource } from "./parse.ts";

/** Values of every environment variable of every service, or what is missing. */
export interface ResolvedEnv {
  /** By service; names without a value are left out. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Every name without a value, with the service that needs it and where it says so. */
  readonly missing: readonly MissingEnv[];
  /** Errors about what was given; one warning for each missing name ("unknown here"). */
  readonly diagnostics: readonly Diagnostic[];
}

export interface MissingEnv {
  readonly service: string;
  readonly name: string;
  readonly diagnostic: Diagnostic;
}

/**
 * Finds the value of every `env` name: `given` (`-e NAME=VALUE`, or `-e NAME` for the environment's value) replaces or
 * adds; then every bare name is looked up in the environment, where an empty value is a value.
 */
export function resolveEnv(
  services: readonly Pick<ServiceSource, "file" | "spec" | "locate">[],
  given: readonly string[],
  environment: (name: string) => string | undefined,
): ResolvedEnv {
  const { overrides, diagnostics } = parseGiven(given, environment);
  const values = new Map<string, Readonly<Record<string, string>>>();
  const missing: MissingEnv[] = [];
  for (const service of services) {
    const { name: serviceName, env } = service.spec;
    const resolved = new Map<string, string>();
    for (const [name, written] of Object.entries(env)) {
      const value = overrides.get(name) ?? written ?? environment(name);
      if (value === undefined) missing.push({ service: serviceName, name, diagnostic: unknownHere(service, name) });
      else resolved.set(name, value);
    }
    for (const [name, value] of overrides) resolved.set(name, value);
    values.set(serviceName, Object.fromEntries(resolved));
  }
  return { values, missing, diagnostics: [...diagnostics, ...missing.map(({ diagnostic }) => diagnostic)] };
}

function unknownHere(
  { file, spec, locate }: Pick<ServiceSource, "file" | "spec" | "locate">,
  name: string,
): Diagnostic {
  return {
    severity: "warning",
    code: "missing-env",
    message: `Environment variable ${name} is not set`,
    hint: `\`${spec.name}\` needs it: set it, or give it with \`-e ${name}=…\``,
    file,
    ...locate(`env.${name}`),
    path: `env.${name}`,
  };
}

interface Given {
  readonly overrides: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
}

function parseGiven(given: readonly string[], environment: (name: string) => string | undefined): Given {
  const overrides = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const item of given) {
    const { name, value } = split(item);
    const found = value ?? environment(name);
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) diagnostics.push(badOption(item));
    else if (found === undefined)
      diagnostics.push({
        severity: "error",
        code: "missing-env",
        message: `Environment variable ${name} is not set`,
        hint: `set it, or give \`-e ${name}=…\``,
      });
    else overrides.set(name, found);
  }
  return { overrides, diagnostics };
}

function split(item: string): { readonly name: string; readonly value: string | undefined } {
  const equals = item.indexOf("=");
  return equals < 0 ? { name: item, value: undefined } : { name: item.slice(0, equals), value: item.slice(equals + 1) };
}

/** The value may be a secret: only the name is shown. */
function badOption(item: string): Diagnostic {
  const { name } = split(item);
  return {
    severity: "error",
    code: "invalid-env",
    message: `expected \`NAME=VALUE\` or \`NAME\` after \`-e\`, got the name ${JSON.stringify(name)}`,
  };
}

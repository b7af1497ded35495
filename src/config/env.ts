/** What a replica is given and no file of the repository says: values of bare `env` names, and secrets. */

import type { Diagnostic } from "../lib/diagnostics.ts";
import { fingerprint } from "./fingerprint.ts";
import { interpolate, references } from "./interpolate.ts";
import type { ServiceSource } from "./parse.ts";
import type { ServiceSpec } from "./spec.ts";

/** The value that whoever runs the program has for a name; an empty value is a value. */
export type Lookup = (name: string) => string | undefined;

/** A name whose value a replica needs and the service file does not say. */
export interface NeededValue {
  /** A bare name of `env`, or a `${{ secrets.NAME }}`. */
  readonly kind: "variable" | "secret";
  readonly name: string;
  /** The property that needs it: `env.HF_TOKEN`, `registry_auth.password`. */
  readonly path: string;
}

/** All that a replica is given and no file of the repository says. In memory only. */
export interface ReplicaValues {
  /** Values of `env`; names without a value are left out. */
  readonly env: Readonly<Record<string, string>>;
  /** `null` where the spec has none, or part of it is missing. */
  readonly registryAuth: ServiceSpec["registry_auth"];
  /** What was looked up: never to be shown. */
  readonly secrets: readonly string[];
  /** The same by its names. */
  readonly lookedUp: Readonly<Record<string, string>>;
  /** What had no value, each name once. */
  readonly missing: readonly NeededValue[];
}

/** `-e NAME=VALUE` goes before the environment; `-e NAME` says no more than that the environment has it. */
export function envLookup(given: readonly string[], environment: Readonly<Record<string, string | undefined>>): Lookup {
  const values = new Map(given.filter((item) => item.includes("=")).map(splitGiven));
  // Not what every object has, such as `constructor`.
  return (name) => values.get(name) ?? (Object.hasOwn(environment, name) ? environment[name] : undefined);
}

/** `-e` takes the place of what the file says, or adds to it; its value travels in memory only, and is recorded as a name. */
export function withGiven(service: ServiceSource, given: readonly string[]): ServiceSource {
  if (given.length === 0) return service;
  const bare = Object.fromEntries(given.map((item) => [splitGiven(item)[0], null]));
  const spec = { ...service.spec, env: { ...service.spec.env, ...bare } };
  return { ...service, spec, fingerprint: fingerprint(spec) };
}

function splitGiven(item: string): readonly [string, string] {
  const [name = ""] = item.split("=", 1);
  return [name, item.slice(name.length + 1)];
}

/**
 * Finds every value that a replica of the spec is given: a bare name's is looked up and taken as it is, in a written one
 * secrets are replaced. Variables and secrets are looked up in the same place.
 */
export function resolveValues(spec: Pick<ServiceSpec, "env" | "registry_auth">, lookup: Lookup): ReplicaValues {
  const missing = new Map<string, NeededValue>();
  const lookedUp = new Map<string, string>();
  const env = new Map<string, string>();
  for (const [name, written] of Object.entries(spec.env)) {
    const path = `env.${name}`;
    const value = written === null ? take({ kind: "variable", name, path }) : filled(written, path);
    if (value !== undefined) env.set(name, value);
  }
  const username = filled(spec.registry_auth?.username, "registry_auth.username");
  const password = filled(spec.registry_auth?.password, "registry_auth.password");
  return {
    env: Object.fromEntries(env),
    registryAuth: username === undefined || password === undefined ? null : { username, password },
    secrets: [...new Set(lookedUp.values())].filter((value) => value !== ""),
    lookedUp: Object.fromEntries(lookedUp),
    missing: [...missing.values()],
  };

  function take(needed: NeededValue): string | undefined {
    const value = lookup(needed.name);
    if (value === undefined && !missing.has(needed.name)) missing.set(needed.name, needed);
    if (value !== undefined) lookedUp.set(needed.name, value);
    return value;
  }

  function filled(written: string | undefined, path: string): string | undefined {
    if (written === undefined) return undefined;
    const namespaces = path.startsWith("registry_auth.") ? ["env", "secrets"] : ["secrets"];
    const found = references(written);
    // What parsing would refuse today may be recorded all the same: it stays as it is written.
    if (!found.ok || found.missing.some((name) => !namespaces.includes(namespaceOf(name)))) return written;
    const answer = interpolate(written, {
      lookup: (reference) => {
        const name = reference.slice(reference.indexOf(".") + 1);
        return namespaceOf(reference) === "env" ? env.get(name) : take({ kind: "secret", name, path });
      },
    });
    return answer.ok && answer.missing.length === 0 ? answer.text : undefined;
  }
}

function namespaceOf(reference: string): string {
  return reference.slice(0, reference.indexOf("."));
}

/** Names of what is missing, for people and for a verdict's evidence. */
export function namesOf(missing: readonly NeededValue[]): readonly string[] {
  return missing.map(({ name }) => name);
}

/** A warning for each name without a value: no error of the file, because whoever applies it may have one. */
export function unknownHere(
  { file, spec, locate }: Pick<ServiceSource, "file" | "spec" | "locate">,
  lookup: Lookup,
): readonly Diagnostic[] {
  return resolveValues(spec, lookup).missing.map(({ kind, name, path }) => ({
    severity: "warning",
    code: "missing-env",
    message: kind === "secret" ? `Secret ${name} is not set` : `Environment variable ${name} is not set`,
    hint:
      kind === "secret"
        ? `unknown here: set the environment variable ${name} before \`apply\``
        : `unknown here: set it, or pass -e ${name}=VALUE, before \`apply\``,
    file,
    ...locate(path),
    path,
  }));
}

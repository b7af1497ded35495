import type { ResourcesSpec, ServiceSpec } from "../../src/config/spec.ts";
import { canonicalJson } from "../../src/lib/canonical-json.ts";
import { readConfiguration } from "./parsing.ts";

/** A spec's properties in the form in which the reference's cases show them: those that differ from a bare service's. */
export function wireOf(spec: ServiceSpec): Readonly<Record<string, unknown>> {
  const all = wire(spec);
  const bare = bareWire();
  return Object.fromEntries(
    Object.entries(all).filter(([key, member]) => shown.has(key) || canonicalJson(member) !== canonicalJson(bare[key])),
  );
}

/** The reference shows a count alone where there is no architecture but the usual one. */
export function resourcesWire(resources: ResourcesSpec): unknown {
  return { ...resources, cpu: resources.cpu.arch === "arm" ? resources.cpu : resources.cpu.count };
}

const shown: ReadonlySet<string> = new Set(["port", "type"]);

function bareWire(): Readonly<Record<string, unknown>> {
  const { spec } = readConfiguration({ type: "service", port: 80, commands: ["run"] });
  return spec === null ? {} : wire(spec);
}

function wire({ name, ...spec }: ServiceSpec): Readonly<Record<string, unknown>> {
  return {
    ...spec,
    ...(name === "svc" ? {} : { name }),
    resources: resourcesWire(spec.resources),
    env: Object.fromEntries(Object.entries(spec.env).map(([key, member]) => [key, member ?? { key }])),
    idle_duration: spec.idle_duration === "off" ? -1 : spec.idle_duration,
  };
}

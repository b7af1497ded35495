import type { ServiceSpec } from "../../src/config/spec.ts";
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

const shown: ReadonlySet<string> = new Set(["port", "type"]);

function bareWire(): Readonly<Record<string, unknown>> {
  const { spec } = readConfiguration({ type: "service", port: 80, commands: ["run"] });
  return spec === null ? {} : wire(spec);
}

function wire({ name, ...spec }: ServiceSpec): Readonly<Record<string, unknown>> {
  return {
    ...spec,
    ...(name === "svc" ? {} : { name }),
    env: Object.fromEntries(Object.entries(spec.env).map(([key, member]) => [key, member ?? { key }])),
    volumes: spec.volumes.map((volume) =>
      "name" in volume && volume.name.length === 1 ? { ...volume, name: volume.name[0] } : volume,
    ),
    retry:
      canonicalJson(spec.retry) ===
      canonicalJson({ on_events: ["no-capacity", "interruption", "error"], duration: 3600 })
        ? true
        : spec.retry,
    idle_duration: spec.idle_duration === "off" ? -1 : spec.idle_duration,
  };
}

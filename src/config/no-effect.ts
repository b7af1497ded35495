import { canonicalJson } from "../lib/canonical-json.ts";
import { isPropertyName, serviceFields } from "./fields/service.ts";
import type { At } from "./schema/schema.ts";
import { child, report } from "./schema/schema.ts";
import type { ServiceSpec } from "./spec.ts";

interface NoEffect {
  readonly severity: "warning" | "note";
  /** Completes "`idle_duration` ". */
  readonly why: string;
}

/** The reference still reads it, and heeds it no longer. */
const deprecated: NoEffect = { severity: "warning", why: "is deprecated and has no effect" };

const withoutEffect = {
  home_dir: deprecated,
  setup: deprecated,
  // It is right where the reference keeps instances, and does no harm here.
  idle_duration: {
    severity: "note",
    why: "has no effect here: an instance ends with its replica, and none is kept idle for the next one",
  },
} as const satisfies Partial<Record<keyof ServiceSpec, NoEffect>>;

/** Tells of what is set and does nothing. A property set to its default says nothing, and may stay. */
export function warnOfNoEffect(spec: Partial<ServiceSpec>, given: Iterable<string>, at: At): void {
  for (const property of given) {
    if (!isPropertyName(property) || !hasNoEffect(property) || isDefault(property, spec)) continue;
    const { severity, why } = withoutEffect[property];
    report(child(at, property), { severity, code: "no-effect", message: `\`${property}\` ${why}`, part: "key" });
  }
}

function hasNoEffect(property: keyof ServiceSpec): property is keyof typeof withoutEffect {
  return Object.hasOwn(withoutEffect, property);
}

function isDefault(property: keyof ServiceSpec, spec: Partial<ServiceSpec>): boolean {
  return property in spec && canonicalJson(spec[property]) === canonicalJson(serviceFields[property].default);
}

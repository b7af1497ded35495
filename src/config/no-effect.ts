import { canonicalJson } from "../lib/canonical-json.ts";
import { isPropertyName, serviceFields } from "./fields/service.ts";
import type { At } from "./schema/schema.ts";
import { child, report } from "./schema/schema.ts";
import type { ServiceSpec } from "./spec.ts";

/** Properties that the reference still reads and no longer heeds. */
const deprecated = ["home_dir", "setup"] as const satisfies readonly (keyof ServiceSpec)[];

/** Warns of what is set and does nothing. A property set to its default says nothing, and may stay. */
export function warnOfNoEffect(spec: Partial<ServiceSpec>, given: Iterable<string>, at: At): void {
  for (const property of given) {
    if (!isPropertyName(property) || !deprecated.some((each) => each === property) || isDefault(property, spec))
      continue;
    report(child(at, property), {
      severity: "warning",
      code: "no-effect",
      message: `\`${property}\` is deprecated and has no effect`,
      part: "key",
    });
  }
}

function isDefault(property: keyof ServiceSpec, spec: Partial<ServiceSpec>): boolean {
  return property in spec && canonicalJson(spec[property]) === canonicalJson(serviceFields[property].default);
}

import type { ProfileSpec } from "./fields/profile.ts";
import { propertyNames, serviceFields } from "./fields/service.ts";
import { mergeProfile } from "./profiles.ts";
import { checkRules } from "./rules.ts";
import { isComplete, readValidFields, unknownProperty } from "./schema/object.ts";
import type { At } from "./schema/schema.ts";
import type { ServiceSpec } from "./spec.ts";
import type { YamlValue } from "./yaml/value.ts";

/** A service's mapping as a spec, shorthand expanded, a profile's and then all defaults applied; `null` where a property is missing or unusable. */
export function readService(
  value: ReadonlyMap<string, YamlValue>,
  profile: ProfileSpec | null,
  at: At,
): { readonly spec: ServiceSpec | null; readonly valid: Partial<ServiceSpec> } {
  for (const key of value.keys()) if (!propertyNames.has(key)) unknownProperty(key, propertyNames, { at, known });
  const own = readValidFields(serviceFields, value, at);
  const valid = profile === null ? own : mergeProfile(own, profile);
  checkRules(valid, at);
  return { spec: isComplete(valid, serviceFields) ? valid : null, valid };
}

/** Keys of other types and of newer versions of the reference. */
const known: Readonly<Record<string, string>> = {
  ports: "services have one `port`",
  nodes: "services have `replicas`",
  ide: "that is a property of dev environments",
  groups: "replica groups of later versions are not supported",
  dstack: "that property of later versions is not supported",
  instances: "that property of later versions is not supported",
  backend_options: "that property of later versions is not supported",
};

import { canonicalJson } from "../lib/canonical-json.ts";
import { serviceFields, isPropertyName } from "./fields/service.ts";
import type { At } from "./schema/schema.ts";
import { child, report } from "./schema/schema.ts";
import type { ServiceSpec } from "./spec.ts";

/**
 * Whether the program does what a property says. The whole language is parsed; what nothing acts on yet is refused where
 * it is set, because a property that is ignored is a promise that is not kept.
 */
export type Support = "supported" | "not-yet" | "no-effect";

/** One entry for each property of the reference. */
export const support: Readonly<Record<keyof ServiceSpec, Support>> = {
  port: "supported",
  gateway: "supported",
  strip_prefix: "supported",
  model: "not-yet",
  https: "supported",
  auth: "supported",
  replicas: "supported",
  scaling: "not-yet",
  rate_limits: "not-yet",
  probes: "supported",
  commands: "supported",
  type: "supported",
  name: "supported",
  image: "supported",
  user: "supported",
  privileged: "supported",
  entrypoint: "supported",
  working_dir: "supported",
  home_dir: "no-effect",
  registry_auth: "not-yet",
  python: "supported",
  nvcc: "supported",
  single_branch: "supported",
  env: "supported",
  shell: "supported",
  resources: "supported",
  priority: "supported",
  volumes: "not-yet",
  docker: "supported",
  repos: "supported",
  files: "supported",
  setup: "no-effect",
  backends: "not-yet",
  regions: "not-yet",
  availability_zones: "not-yet",
  instance_types: "not-yet",
  reservation: "not-yet",
  spot_policy: "not-yet",
  retry: "not-yet",
  max_duration: "not-yet",
  stop_duration: "not-yet",
  max_price: "not-yet",
  creation_policy: "not-yet",
  idle_duration: "not-yet",
  utilization_policy: "not-yet",
  startup_order: "not-yet",
  stop_criteria: "not-yet",
  schedule: "not-yet",
  fleets: "not-yet",
  tags: "not-yet",
};

/** Tells what is set and not acted on. A property set to its default says nothing, and may stay. */
export function checkSupport(spec: Partial<ServiceSpec>, given: Iterable<string>, at: At): void {
  for (const property of given) {
    if (!isPropertyName(property) || support[property] === "supported" || isDefault(property, spec)) continue;
    const place = child(at, property);
    if (support[property] === "no-effect") {
      report(place, {
        severity: "warning",
        code: "no-effect",
        message: `\`${property}\` is deprecated and has no effect`,
        part: "key",
      });
    } else {
      report(place, {
        code: "not-supported-yet",
        message: `\`${property}\` is not supported yet`,
        hint: "it is refused rather than ignored",
        part: "key",
      });
    }
  }
}

function isDefault(property: keyof ServiceSpec, spec: Partial<ServiceSpec>): boolean {
  return property in spec && canonicalJson(spec[property]) === canonicalJson(serviceFields[property].default);
}

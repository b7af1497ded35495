import type { Fields } from "../schema/object.ts";
import type { ServiceSpec } from "../spec.ts";
import {
  commands,
  docker,
  entrypoint,
  home_dir,
  image,
  nvcc,
  privileged,
  python,
  registry_auth,
  setup,
  shell,
  user,
  working_dir,
} from "./container.ts";
import { env } from "./environment.ts";
import { name, priority, type } from "./identity.ts";
import {
  idle_duration,
  max_duration,
  retry,
  schedule,
  startup_order,
  stop_criteria,
  stop_duration,
  utilization_policy,
} from "./lifetime.ts";
import { model } from "./model.ts";
import { files, repos, single_branch } from "./mounts.ts";
import { auth, gateway, https, port, strip_prefix } from "./network.ts";
import {
  availability_zones,
  backends,
  creation_policy,
  fleets,
  instance_types,
  max_price,
  regions,
  reservation,
  spot_policy,
  tags,
} from "./placement.ts";
import { probes } from "./probes.ts";
import { rate_limits } from "./rate-limits.ts";
import { replicas, scaling } from "./replicas.ts";
import { resources } from "./resources.ts";
import { volumes } from "./volumes.ts";

/** Every property of a service file, one entry each, in the reference's declaration order. */
export const serviceFields: Fields<ServiceSpec> = {
  port,
  gateway,
  strip_prefix,
  model,
  https,
  auth,
  replicas,
  scaling,
  rate_limits,
  probes,
  commands,
  type,
  name,
  image,
  user,
  privileged,
  entrypoint,
  working_dir,
  home_dir,
  registry_auth,
  python,
  nvcc,
  single_branch,
  env,
  shell,
  resources,
  priority,
  volumes,
  docker,
  repos,
  files,
  setup,
  backends,
  regions,
  availability_zones,
  instance_types,
  reservation,
  spot_policy,
  retry,
  max_duration,
  stop_duration,
  max_price,
  creation_policy,
  idle_duration,
  utilization_policy,
  startup_order,
  stop_criteria,
  schedule,
  fleets,
  tags,
};

/** Names of all properties, in declaration order. */
export const propertyNames: ReadonlySet<string> = new Set(Object.keys(serviceFields));

export function isPropertyName(property: string): property is keyof ServiceSpec {
  return propertyNames.has(property);
}

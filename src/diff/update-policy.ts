import type { ServiceSpec } from "../config/spec.ts";

/** What a change of a property asks of running replicas: nothing, to be replaced one by one, or a new run. */
export type Effect = "in-place" | "rolling" | "restart";

/**
 * The effect of changing each property, complete for the whole reference: a property that is forgotten does not compile.
 * Profile properties (from `backends` on) change the merged profile, which the reference cannot update (facts §3.2).
 */
export const updatePolicy = {
  port: "rolling",
  gateway: "restart",
  strip_prefix: "restart",
  model: "restart",
  https: "restart",
  auth: "restart",
  replicas: "in-place",
  scaling: "in-place",
  rate_limits: "restart",
  probes: "rolling",
  commands: "rolling",
  type: "restart",
  name: "restart",
  image: "rolling",
  user: "rolling",
  privileged: "rolling",
  entrypoint: "rolling",
  working_dir: "rolling",
  home_dir: "restart",
  registry_auth: "restart",
  python: "rolling",
  nvcc: "rolling",
  single_branch: "rolling",
  env: "rolling",
  shell: "rolling",
  resources: "rolling",
  priority: "in-place",
  volumes: "rolling",
  docker: "rolling",
  repos: "restart",
  files: "rolling",
  setup: "restart",
  backends: "restart",
  regions: "restart",
  availability_zones: "restart",
  instance_types: "restart",
  reservation: "restart",
  spot_policy: "restart",
  retry: "restart",
  max_duration: "restart",
  stop_duration: "restart",
  max_price: "restart",
  creation_policy: "restart",
  idle_duration: "restart",
  utilization_policy: "restart",
  startup_order: "restart",
  stop_criteria: "restart",
  schedule: "restart",
  fleets: "restart",
  tags: "restart",
} as const satisfies Record<keyof ServiceSpec, Effect>;

/** What of a repository's state differs, in the reference's terms: which one it is, its branch and commit, its diff. */
export type RepoPart = "repo_id" | "repo_data" | "repo_code_hash";

/** The effect of a change of a repository's state, the property `repos` being the same (facts §3.2). */
export const repoPolicy = {
  repo_id: "restart",
  repo_data: "rolling",
  repo_code_hash: "rolling",
} as const satisfies Record<RepoPart, Effect>;

/** Every property, in the reference's declaration order: the order in which changes are listed. */
export const properties: readonly (keyof ServiceSpec)[] = Object.keys(updatePolicy).filter(isProperty);

function isProperty(key: string): key is keyof ServiceSpec {
  return key in updatePolicy;
}

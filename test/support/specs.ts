import type { ServiceSpec } from "../../src/config/spec.ts";
import { digest } from "../../src/lib/digest.ts";
import type { Revision } from "../../src/reconciler/accept.ts";

/** A complete spec for tests, with what a case is about on top. */
export function specOf(overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    port: { local_port: 80, container_port: 8000 },
    gateway: null,
    strip_prefix: true,
    model: null,
    https: null,
    auth: false,
    replicas: { min: 1, max: 1 },
    scaling: null,
    rate_limits: [],
    probes: [],
    commands: ["serve"],
    type: "service",
    name: "web",
    image: null,
    user: null,
    privileged: false,
    entrypoint: null,
    working_dir: null,
    home_dir: "/root",
    registry_auth: null,
    python: null,
    nvcc: null,
    single_branch: true,
    env: {},
    shell: null,
    resources: {
      cpu: { arch: null, count: { min: 2, max: null } },
      memory: { min: 8, max: null },
      shm_size: null,
      gpu: null,
      disk: { size: { min: 100, max: null } },
    },
    priority: 0,
    volumes: [],
    docker: null,
    repos: [],
    files: [],
    setup: [],
    backends: null,
    regions: null,
    availability_zones: null,
    instance_types: null,
    reservation: null,
    spot_policy: null,
    retry: null,
    max_duration: null,
    stop_duration: null,
    max_price: null,
    creation_policy: null,
    idle_duration: null,
    utilization_policy: null,
    startup_order: null,
    stop_criteria: null,
    schedule: null,
    fleets: null,
    tags: null,
    ...overrides,
  };
}

export const healthProbe = {
  type: "http",
  url: "/health",
  method: "get",
  headers: [],
  body: null,
  timeout: 10,
  interval: 1,
  ready_after: 1,
  until_ready: false,
} as const;

export function revisionOf(spec: ServiceSpec): Revision {
  return { spec, fingerprint: digest(spec), files: [], file: `${spec.name}.dstack.yml`, commit: null };
}

import type { ServiceSpec } from "../../src/config/spec.ts";

/** Headings of the reference of service files, in order; none is the name of a property, whose link it would take. */
export const groups = [
  "What it is",
  "What runs",
  "What a replica gets",
  "How requests reach it",
  "How many, and when they are ready",
  "Where it runs",
  "For how long",
  "No effect on services",
] as const;

type Group = (typeof groups)[number];

/** Where each property is described: one that is forgotten does not compile. */
export const groupOf = {
  type: "What it is",
  name: "What it is",
  commands: "What it is",
  port: "What it is",
  priority: "What it is",
  image: "What runs",
  registry_auth: "What runs",
  entrypoint: "What runs",
  shell: "What runs",
  python: "What runs",
  nvcc: "What runs",
  docker: "What runs",
  user: "What runs",
  privileged: "What runs",
  working_dir: "What runs",
  env: "What a replica gets",
  files: "What a replica gets",
  repos: "What a replica gets",
  single_branch: "What a replica gets",
  volumes: "What a replica gets",
  resources: "What a replica gets",
  gateway: "How requests reach it",
  auth: "How requests reach it",
  https: "How requests reach it",
  strip_prefix: "How requests reach it",
  rate_limits: "How requests reach it",
  model: "How requests reach it",
  replicas: "How many, and when they are ready",
  scaling: "How many, and when they are ready",
  probes: "How many, and when they are ready",
  backends: "Where it runs",
  regions: "Where it runs",
  availability_zones: "Where it runs",
  instance_types: "Where it runs",
  reservation: "Where it runs",
  fleets: "Where it runs",
  spot_policy: "Where it runs",
  max_price: "Where it runs",
  creation_policy: "Where it runs",
  tags: "Where it runs",
  retry: "For how long",
  max_duration: "For how long",
  stop_duration: "For how long",
  idle_duration: "For how long",
  utilization_policy: "For how long",
  schedule: "For how long",
  home_dir: "No effect on services",
  setup: "No effect on services",
  startup_order: "No effect on services",
  stop_criteria: "No effect on services",
} as const satisfies Record<keyof ServiceSpec, Group>;

/** What a change does, where its effect alone does not tell. */
export const effectTexts: Readonly<Partial<Record<keyof ServiceSpec, string>>> = {
  type: "a file of another type is no service file: its service is destroyed",
  name: "another name is another service: that one is created, and the one with the old name destroyed",
  env: "rolling; the value of a bare `NAME` is read when a replica starts, and another one changes nothing by itself",
  files: "rolling, and so is another content of what they name",
  port: "rolling, where it is the application's port that changes",
  replicas: "in-place: replicas are started or drained, and none is replaced",
};

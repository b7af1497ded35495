import type { Job } from "../../config/job.ts";
import type { ResourcesSpec } from "../../config/spec.ts";
import { shellWords } from "../../lib/shell-words.ts";
import { insideWorkflow } from "./paths.ts";

/** What this host has, in the units of `resources`. */
export interface HostCapacity {
  readonly platform: NodeJS.Platform;
  readonly arch: "x86" | "arm" | null;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  readonly shmGb: number | null;
}

/** Why a job cannot run as processes of this host; `property` is named as in the service file. */
export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

type Check = (job: Job, host: HostCapacity) => string | null;

/** One line for each property of a job, so that none is ever ignored by forgetting it. `null`: processes can do it, or it is not the backend's. */
const checks = {
  service: null,
  image: (job) =>
    job.image === null ? null : "runs processes of this host, no containers; leave `image` out, or use another backend",
  user: (job) => (job.user === null ? null : "runs everything as the user who started it"),
  privileged: (job) => (job.privileged ? "gives no privileges" : null),
  docker: (job) => (job.docker ? "gives replicas no Docker" : null),
  entrypoint: (job) =>
    job.entrypoint !== null && shellWords(job.entrypoint) === null
      ? "cannot split it into words: a quote is not closed"
      : null,
  commands: (job) =>
    job.commands.length === 0 && job.entrypoint === null
      ? "has nothing to run without `commands` or `entrypoint`"
      : null,
  shell: null,
  python: null,
  nvcc: (job) => (job.nvcc ? "has no CUDA compiler to give" : null),
  workingDir: (job) =>
    job.workingDir !== null && insideWorkflow(job.workingDir) === null
      ? "keeps replicas in a folder of their own: a path relative to it, or below /workflow"
      : null,
  env: null,
  registryAuth: (job) => (job.registryAuth === null ? null : "pulls no images"),
  port: null,
  probes: null,
  resources: (job, host) => resourcesRefusal(job.resources, host),
  volumes: (job) =>
    job.volumes.some((volume) => !("optional" in volume && volume.optional)) ? "mounts nothing" : null,
  repos: (job) => (job.repos.length === 0 ? null : "clones no repositories; copy what is needed with `files`"),
  repoStates: null,
  singleBranch: null,
  files: (job) => {
    const outside = job.files.find((file) => insideWorkflow(file.path) === null);
    return outside === undefined
      ? null
      : `keeps replicas in a folder of their own, and writes nothing outside it: ${outside.path}`;
  },
  maxDuration: null,
  stopDuration: null,
  utilizationPolicy: null,
  retry: null,
  spotPolicy: (job) => (job.spotPolicy === "spot" ? "has no spot instances" : null),
  maxPrice: null,
} satisfies Record<keyof Job, Check | null>;

const names: Partial<Record<keyof Job, string>> = {
  registryAuth: "registry_auth",
  workingDir: "working_dir",
  spotPolicy: "spot_policy",
};

/** The first property that this host cannot give, in the order of a job. */
export function findRefusal(job: Job, host: HostCapacity): Refusal | null {
  if (host.platform === "win32") return { property: "backends", reason: "local needs Linux or macOS" };
  const table: Record<keyof Job, Check | null> = checks;
  for (const property of keysOf(checks)) {
    const reason = table[property]?.(job, host) ?? null;
    if (reason !== null) return { property: names[property] ?? property, reason: `local ${reason}` };
  }
  return null;
}

function keysOf(table: typeof checks): readonly (keyof Job)[] {
  const isKey = (key: string): key is keyof Job => Object.hasOwn(table, key);
  return Object.keys(table).filter(isKey);
}

/** The reference's defaults, which nobody has asked for: a laptop need not have 100 GB free to serve a page. */
const unasked = { cpu: 2, memory: 8, disk: 100 } as const;

function resourcesRefusal(resources: ResourcesSpec, host: HostCapacity): string | null {
  const { cpu, memory, gpu, disk } = resources;
  if (gpu !== null && gpu.count.min !== 0) return "gives replicas no GPUs";
  if (cpu.arch !== null && cpu.arch !== host.arch) return `has another processor than cpu=${cpu.arch}`;
  const wanted = [
    { name: "cpu", min: cpu.count.min, has: host.cpus, unit: "", usual: unasked.cpu },
    { name: "memory", min: memory.min, has: host.memoryGb, unit: "GB", usual: unasked.memory },
    { name: "disk", min: disk?.size.min ?? null, has: host.diskGb, unit: "GB", usual: unasked.disk },
    { name: "shm_size", min: resources.shm_size, has: host.shmGb ?? Number.POSITIVE_INFINITY, unit: "GB", usual: 0 },
  ];
  const short = wanted.find(({ min, has, usual }) => min !== null && min !== usual && min > has);
  return short === undefined
    ? null
    : `has ${short.name}=${round(short.has)}${short.unit}, and ${round(short.min ?? 0)}${short.unit} are asked for`;
}

/** As offers print numbers: few digits, no trailing zeros. */
export function round(value: number): string {
  return String(Number(value.toPrecision(6)));
}

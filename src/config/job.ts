import { digest } from "../lib/digest.ts";
import { commandLine } from "./command-line.ts";
import { answered, filledCommand } from "./fields/template.ts";
import { effectiveGpu, withArch } from "./requirements.ts";
import type { FileMapping, ProbeSpec, ResourcesSpec, ServiceSpec } from "./spec.ts";

/**
 * What one replica is given (facts §3.3): everything that, when it differs, needs another replica. Two specs with equal
 * jobs differ only in what a running replica does not notice, so an edit between them renumbers replicas, no more.
 */
export interface Job {
  readonly service: string;
  readonly image: string | null;
  readonly user: string | null;
  readonly privileged: boolean;
  readonly docker: boolean;
  readonly entrypoint: string | null;
  readonly commands: readonly string[];
  readonly shell: string | null;
  readonly python: string | null;
  readonly nvcc: boolean;
  readonly workingDir: string | null;
  /** `null`: the value is read from the environment when a replica is started. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly registryAuth: ServiceSpec["registry_auth"];
  /** The port that the service listens on, inside the replica. */
  readonly port: number;
  readonly probes: readonly ProbeSpec[];
  readonly resources: ResourcesSpec;
  readonly volumes: ServiceSpec["volumes"];
  readonly repos: ServiceSpec["repos"];
  /** What those repositories are at, in their order. */
  readonly repoStates: PinnedRepos;
  readonly singleBranch: boolean;
  readonly files: readonly JobFile[];
  readonly maxDuration: ServiceSpec["max_duration"];
  readonly stopDuration: ServiceSpec["stop_duration"];
  readonly utilizationPolicy: ServiceSpec["utilization_policy"];
  readonly retry: ServiceSpec["retry"];
  readonly spotPolicy: ServiceSpec["spot_policy"];
  readonly maxPrice: number | null;
}

/** One entry of `files`, pinned: where it goes, and the content that goes there. */
export interface JobFile extends FileMapping {
  /** Identity of the content, `sha256:<hex>`: names, modes and bytes count, times do not. */
  readonly content: string;
  readonly kind: "file" | "directory";
}

/** The contents of a spec's `files`, in the spec's order. */
export type PinnedFiles = readonly JobFile[];

/** What a repository of `repos` is at, pinned: a replica clones it, checks the commit out and applies the diff. */
export interface RepoState {
  /** Of the repository, however its URL is written: 16 hex digits. */
  readonly id: string;
  /** Without credentials. */
  readonly url: string;
  /** `null`: a detached HEAD, or the default branch of a URL. */
  readonly branch: string | null;
  /** `null`: a URL's branch that could not be read. */
  readonly commit: string | null;
  /** Content of what the work tree has on top of the commit; `null`: nothing. */
  readonly diff: string | null;
}

/** The states of a spec's `repos`, in the spec's order. */
export type PinnedRepos = readonly RepoState[];

/** What a replica of this spec is given. Pure: values of bare `env` names are not part of it. */
export function jobOf(spec: ServiceSpec, files: PinnedFiles, repos: PinnedRepos = []): Job {
  return {
    service: spec.name,
    image: spec.image,
    user: spec.user,
    privileged: spec.privileged,
    docker: spec.docker ?? false,
    entrypoint: spec.entrypoint,
    commands: spec.commands.map(filledCommand),
    shell: spec.shell,
    python: spec.python,
    nvcc: spec.nvcc ?? false,
    workingDir: spec.working_dir,
    env: spec.env,
    registryAuth: spec.registry_auth,
    port: spec.port.container_port,
    probes: spec.probes,
    resources: spec.resources,
    volumes: spec.volumes,
    repos: spec.repos,
    repoStates: repos,
    singleBranch: spec.single_branch,
    files,
    maxDuration: spec.max_duration,
    stopDuration: spec.stop_duration,
    utilizationPolicy: spec.utilization_policy,
    retry: spec.retry,
    spotPolicy: spec.spot_policy,
    maxPrice: spec.max_price,
  };
}

/** Identity of a job: the host's paths of `files` are no part of it, nor is what makes no difference inside (facts §3.3). */
export function jobDigest(job: Job): string {
  const files = job.files.map(({ path, content, kind }) => ({ path, content, kind }));
  const states = job.repoStates.map(({ id, branch, commit, diff }) => ({ id, branch, commit, diff }));
  // Left out where there are none, so that digests of jobs without repositories stay what they were.
  return digest({ ...job, ...effective(job), files, repoStates: states.length === 0 ? undefined : states });
}

/** What a container is told, as the reference's job spec has it: properties that it would not notice are left out (facts §11.6). */
function effective(job: Job): Partial<Job> {
  const ownImage = job.image !== null || job.docker;
  return {
    ...effectiveCommands(job),
    privileged: job.privileged || job.docker,
    python: ownImage ? null : job.python,
    nvcc: job.nvcc && !ownImage,
    workingDir: workflowPath(job.workingDir),
    registryAuth: effectiveAuth(job.registryAuth, job.env),
    probes: job.probes.map((probe) => effectiveProbe(probe, job.env)),
    resources: {
      ...withArch(job.resources),
      gpu: effectiveGpu(job.resources.gpu, ownImage),
    },
  };
}

/** However entry point, shell and commands are spread over the properties, the container's arguments count. */
function effectiveCommands(job: Job): Partial<Job> {
  // The environment that `python` makes is compared by the property, as not only a command line has it.
  const argv = commandLine({ ...job, python: null });
  return argv === null ? { shell: null } : { entrypoint: null, commands: argv, shell: null };
}

/** Credentials with the values of the variables that they refer to: the reference stores them so (facts §2). */
export function effectiveAuth(
  auth: ServiceSpec["registry_auth"],
  env: ServiceSpec["env"],
): ServiceSpec["registry_auth"] {
  return auth === null ? null : { username: answered(auth.username, env), password: answered(auth.password, env) };
}

function effectiveProbe(probe: ProbeSpec, env: ServiceSpec["env"]): ProbeSpec {
  return {
    ...probe,
    url: answered(probe.url, env),
    headers: probe.headers.map(({ name, value }) => ({ name, value: answered(value, env) })),
    body: probe.body === null ? null : answered(probe.body, env),
  };
}

/** A working directory inside a container: a relative one is below `/workflow`. */
export function workflowPath(path: string | null): string | null {
  if (path === null || path.startsWith("/")) return path;
  return ["/workflow", ...path.split("/").filter((part) => part !== "" && part !== ".")].join("/");
}

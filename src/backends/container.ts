/** A job as a container, for backends that run images. */

import { commandLine } from "../config/command-line.ts";
import { interpolate } from "../config/interpolate.ts";
import type { Job } from "../config/job.ts";
import { workflowPath } from "../config/job.ts";
import { effectiveArch } from "../config/requirements.ts";
import type { RetrySpec, VolumeSpec } from "../config/spec.ts";
import { type ParsedUser, parseUser, type UnixUser } from "../config/user.ts";

/** What an image says of itself. */
export interface ImageConfig {
  readonly user: string | null;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** One replica as a container: what a backend that runs images is told (facts §3.3, §11.6). */
export interface ContainerJob {
  readonly name: string;
  readonly image: string;
  readonly argv: readonly string[];
  readonly user: UnixUser | null;
  readonly privileged: boolean;
  readonly workingDir: string | null;
  readonly port: number;
  /** Seconds; `null`: without limit. */
  readonly maxDuration: number | null;
  readonly stopDuration: number | null;
  readonly retry: RetrySpec | null;
  /** `null`: either will do. */
  readonly spot: boolean | null;
  readonly maxPrice: number | null;
  readonly arch: "x86" | "arm";
  readonly volumes: readonly VolumeSpec[];
}

export type ContainerAnswer =
  | { readonly ok: true; readonly job: ContainerJob }
  | { readonly ok: false; readonly message: string };

const dockerImage = "dstackai/dind";
const defaultStop = 300;

/** A job as a container. `image` is what the registry says of it, `null` where nobody asked. */
export function containerJob(
  job: Job,
  { replica, image }: { readonly replica: number; readonly image: ImageConfig | null },
): ContainerAnswer {
  const argv = argvOf(job, image);
  if (argv === null) {
    return {
      ok: false,
      message:
        "Could not determine what command to run. Please specify either `commands` or `entrypoint` in your run configuration",
    };
  }
  const user = userOf(job, image);
  if (user?.ok === false) return user;
  const volumes = volumesOf(job.volumes);
  if (!volumes.ok) return volumes;
  const container: ContainerJob = {
    name: `${job.service}-0-${replica}`,
    image: imageOf(job),
    argv,
    user: user?.user ?? null,
    privileged: job.privileged || job.docker,
    workingDir: workflowPath(job.workingDir),
    port: job.port,
    maxDuration: seconds(job.maxDuration, null),
    stopDuration: seconds(job.stopDuration, defaultStop),
    retry: job.retry === false ? null : job.retry,
    spot: job.spotPolicy === "auto" ? null : job.spotPolicy === "spot",
    maxPrice: job.maxPrice,
    arch: effectiveArch(job.resources),
    volumes: volumes.volumes,
  };
  return { ok: true, job: container };
}

function imageOf({ docker, image, nvcc }: Job): string {
  if (docker) return dockerImage;
  return image ?? `dstackai/base:0.10-${nvcc ? "devel" : "base"}-ubuntu22.04`;
}

function argvOf(job: Job, image: ImageConfig | null): readonly string[] | null {
  if (job.entrypoint !== null || job.commands.length > 0) return commandLine(job);
  const own = image === null ? [] : [...image.entrypoint, ...image.cmd];
  return own.length === 0 ? null : own;
}

/** As given, or as the image says; registries have an empty text where an image says nothing. */
function userOf({ user }: Job, image: ImageConfig | null): ParsedUser | null {
  const written = user ?? (image?.user || null);
  return written === null ? null : parseUser(written);
}

function seconds(duration: number | "off" | null, byDefault: number | null): number | null {
  return duration === "off" ? null : (duration ?? byDefault);
}

/** Every replica is the only job of its own: both numbers that a volume's name may refer to are 0. */
function volumesOf(
  volumes: readonly VolumeSpec[],
): { readonly ok: true; readonly volumes: readonly VolumeSpec[] } | { readonly ok: false; readonly message: string } {
  const resolved: VolumeSpec[] = [];
  for (const volume of volumes) {
    const names =
      "name" in volume
        ? volume.name.map((name) => interpolate(name, { lookup: (reference) => jobNumbers.get(reference) }))
        : [];
    for (const name of names) {
      if (!name.ok) return name;
      if (name.missing.length > 0)
        return {
          ok: false,
          message: `Failed to interpolate due to missing vars: [${name.missing.map((missing) => `'${missing}'`).join(", ")}]`,
        };
    }
    resolved.push(
      "name" in volume ? { ...volume, name: names.flatMap((name) => (name.ok ? [name.text] : [])) } : volume,
    );
  }
  return { ok: true, volumes: resolved };
}

const jobNumbers: ReadonlyMap<string, string> = new Map([
  ["dstack.job_num", "0"],
  ["dstack.node_rank", "0"],
]);

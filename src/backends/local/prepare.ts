import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";

import type { Address } from "../../state/record.ts";
import type { ProvisionRequest } from "../backend.ts";
import { BackendError } from "../errors.ts";
import { argvOf } from "./commands.ts";
import type { LocalContext } from "./context.ts";
import { replicasDirectory } from "./dispose.ts";
import { replicaEnvironment } from "./environment.ts";
import { findShell } from "./executables.ts";
import { fenceOf } from "./fences.ts";
import { copyFiles } from "./files.ts";
import { directoryName, readReplicas } from "./instances.ts";
import type { Isolation } from "./isolation.ts";
import type { Launch } from "./launch.ts";
import { insideWorkflow } from "./paths.ts";
import { findFreePort } from "./ports.ts";
import { pidNamespace } from "./process-identity.ts";
import { makeVenv } from "./python.ts";
import { makeSocketDirectory, socketsOf } from "./sockets.ts";

/** `stop_duration` is also the reference's limit for detaching volumes, minutes long: what is longer than this is not meant for a process. */
const longestGrace = 60;

/** What a replica is prepared from, and where. */
export interface Preparation {
  readonly context: LocalContext;
  readonly request: ProvisionRequest;
  readonly isolation: Isolation;
  readonly staging: string;
  readonly signal: AbortSignal | undefined;
}

/** Makes everything that a replica needs, and tells what its supervisor is to do. */
export async function prepare({
  context,
  request,
  isolation,
  staging,
  signal,
}: Preparation): Promise<Omit<Launch, "notice">> {
  const { job, owner } = request;
  const directory = join(replicasDirectory(context.places), directoryName(owner, request.token));
  const nonce = randomBytes(8).toString("hex");
  const sockets = socketsOf(directory, staging);
  await makeSocketDirectory(sockets, directory);
  const place = workingPlace(request, directory);
  await mkdir(join(staging, "workflow"));
  await copyFiles(join(staging, "workflow"), { files: job.files, readFile: request.readFile });
  await mkdir(join(staging, "workflow", place.relative), { recursive: true });
  if (job.python !== null)
    await makeVenv(join(staging, "venv"), await context.pythons.provide(job.python, signal), job.python);
  const assigned = isolation.network === "own" ? null : await assignPort(context, request);
  const env = replicaEnvironment(request, {
    host: context.environment,
    ...place,
    port: assigned ?? job.port,
    portIsAssigned: assigned !== null,
    nonce,
    venv: job.python === null ? null : join(directory, "venv"),
  });
  return {
    staging,
    directory,
    places: context.places,
    instance: {
      version: 1,
      instance: `${context.hostId}:${basename(directory)}:${nonce}`,
      nonce,
      token: request.token,
      repository: owner.repository,
      project: owner.project,
      stateId: owner.stateId,
      service: request.service,
      replica: request.replica,
      deployment: request.deployment,
      ...(request.jobDigest === undefined ? {} : { job: request.jobDigest }),
      host: context.hostId,
      boot: context.bootId,
      isolation: isolation.kind,
      phase: "provisioning",
      exitCode: null,
      startedAt: null,
      address: addressOf(assigned, sockets.service),
      sockets,
    },
    argv: commandLine(context, request),
    cwd: place.cwd,
    env,
    graceMs: graceOf(context, request),
    outerNamespace: pidNamespace(),
    fence: fenceOf(context.places.fencesDirectory, owner, request),
    port: job.port,
  };
}

/** The replica's folder and the commands' directory, as they will be called, and the way from the one to the other. */
function workingPlace(request: ProvisionRequest, directory: string) {
  const workflow = join(directory, "workflow");
  const relative = insideWorkflow(request.job.workingDir ?? "");
  if (relative === null) throw invalid(`\`working_dir\` lies outside the replica's folder: ${request.job.workingDir}`);
  return { workflow, relative, cwd: join(workflow, relative) };
}

async function assignPort(context: LocalContext, request: ProvisionRequest): Promise<number> {
  const replicas = await readReplicas(context, request.owner);
  const taken = replicas.flatMap(({ instance }) => (instance.address.kind === "tcp" ? [instance.address.port] : []));
  const port = await findFreePort(new Set(taken));
  if (port === null) throw new BackendError("local", "no-capacity", "no free port on this host");
  return port;
}

function addressOf(port: number | null, socket: string): Address {
  return port === null ? { kind: "unix", path: socket } : { kind: "tcp", host: "127.0.0.1", port };
}

function commandLine(context: LocalContext, request: ProvisionRequest): readonly string[] {
  const { job } = request;
  const shell = findShell(job.shell, context.environment["PATH"]);
  if (shell === null) throw invalid(`no ${job.shell ?? "bash or sh"} on this host`);
  const argv = argvOf(job, shell);
  if (argv === null)
    throw invalid("there is nothing to run: set `commands`, or an `entrypoint` whose quotes are closed");
  return argv;
}

function graceOf(context: LocalContext, request: ProvisionRequest): number {
  const { stopDuration } = request.job;
  return typeof stopDuration === "number" && stopDuration <= longestGrace ? stopDuration * 1_000 : context.stopGraceMs;
}

function invalid(message: string): BackendError {
  return new BackendError("local", "invalid", message);
}

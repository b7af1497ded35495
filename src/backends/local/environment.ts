import { createHash } from "node:crypto";

import type { ProvisionRequest } from "../backend.ts";
import { markerName } from "./launch.ts";

/** What of the host's environment a replica sees: where programs are, whose home it is, and how to write. Never a token of the command that started it. */
const inherited = /^(?:PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;

/** What a replica's environment is made of, beside its request. */
export interface EnvironmentOptions {
  readonly host: Readonly<Record<string, string | undefined>>;
  readonly workflow: string;
  readonly cwd: string;
  readonly port: number;
  /** The port was chosen here and the service has to take it. */
  readonly portIsAssigned: boolean;
  readonly nonce: string;
  readonly venv: string | null;
}

/** The environment of a replica's commands: the host's few, then DSTACK_*, then the user's. */
export function replicaEnvironment(
  request: ProvisionRequest,
  options: EnvironmentOptions,
): Readonly<Record<string, string>> {
  const port = String(options.port);
  const merged = {
    ...hostEnvironment(options.host),
    ...dstackEnvironment(request, options),
    PORT: port,
    ...request.env,
    ...(options.portIsAssigned ? { PORT: port } : {}),
    [markerName]: options.nonce,
  };
  return options.venv === null ? merged : withVenv(merged, options.venv);
}

/** The host's variables that a replica, or a tool that works for it, may see. */
export function hostEnvironment(host: EnvironmentOptions["host"]): Readonly<Record<string, string>> {
  const entries = Object.entries(host).flatMap(([name, value]) =>
    value !== undefined && inherited.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

function dstackEnvironment(request: ProvisionRequest, options: EnvironmentOptions): Readonly<Record<string, string>> {
  return {
    DSTACK_RUN_NAME: request.service,
    DSTACK_RUN_ID: uuidOf("run", request.owner.stateId, request.service),
    DSTACK_JOB_ID: uuidOf("job", request.owner.stateId, request.token),
    DSTACK_REPLICA_NUM: String(request.replica),
    DSTACK_REPO_ID: request.owner.repository,
    DSTACK_REPO_DIR: options.workflow,
    DSTACK_WORKING_DIR: options.cwd,
    DSTACK_NODES_IPS: "127.0.0.1",
    DSTACK_MASTER_NODE_IP: "127.0.0.1",
    DSTACK_NODE_RANK: "0",
    DSTACK_NODES_NUM: "1",
    DSTACK_GPUS_PER_NODE: "0",
    DSTACK_GPUS_NUM: "0",
  };
}

/** The interpreter that the service asked for comes first, and what is installed with it stays with the replica. */
function withVenv(environment: Readonly<Record<string, string>>, venv: string): Readonly<Record<string, string>> {
  const path = environment["PATH"];
  return { ...environment, VIRTUAL_ENV: venv, PATH: path === undefined ? `${venv}/bin` : `${venv}/bin:${path}` };
}

/** Ids in the reference are UUIDs; these are the same for the same thing. */
function uuidOf(...parts: readonly string[]): string {
  const hex = createHash("sha256").update(parts.join("\0")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

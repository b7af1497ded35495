import type { ProvisionRequest } from "../backend.ts";
import { dstackEnvironment } from "../dstack-environment.ts";
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
    ...dstackEnvironment(request, { repoDir: options.workflow, workingDir: options.cwd, ip: "127.0.0.1", gpus: 0 }),
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

/** The interpreter that the service asked for comes first, and what is installed with it stays with the replica. */
function withVenv(environment: Readonly<Record<string, string>>, venv: string): Readonly<Record<string, string>> {
  const path = environment["PATH"];
  return { ...environment, VIRTUAL_ENV: venv, PATH: path === undefined ? `${venv}/bin` : `${venv}/bin:${path}` };
}

import type { Fence } from "./fences.ts";
import type { LocalInstance } from "./instance-file.ts";

/** All that a supervisor is told, through its standard input: values of environment variables never touch argv or a file. */
export interface Launch {
  /** Where the replica was prepared, and the name that makes it exist. */
  readonly staging: string;
  readonly directory: string;
  readonly places: Places;
  readonly instance: Omit<LocalInstance, "process">;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long processes have between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** A line for the service's log, written before its own. */
  readonly notice: string | null;
  /** The PID namespace of the command that starts it, `null` where there are none: to be sure of being in another one. */
  readonly outerNamespace: string | null;
  /** Asked once more at the last moment. */
  readonly fence: Fence | null;
  /** The port that the service file names. */
  readonly port: number;
}

/** Directories that outlive a single replica, and are removed with the last one. */
export interface Places {
  readonly runtimeDirectory: string;
  readonly logsDirectory: string;
  /** Which fences services were worked on under: it outlives replicas, for those who stood still meanwhile. */
  readonly fencesDirectory: string;
}

/** The environment variable that marks every process of a replica, whoever started it. */
export const markerName = "DSTACK_GITOPS_INSTANCE";

/** What a supervisor answers on its standard output, one line: the replica is there, another one with its token was first, or its service has another owner by now. */
export type LaunchAnswer = "published" | "taken" | "fenced";

/** `null` when the text is not whole: whoever sent it died. */
export function parseLaunch(text: string): Launch | null {
  if (!text.endsWith("\n")) return null;
  const value: unknown = JSON.parse(text);
  if (!isLaunch(value)) throw new Error("not a launch");
  return value;
}

/** The sender is the same version of this program, so that its own word is enough. */
function isLaunch(value: unknown): value is Launch {
  return typeof value === "object" && value !== null && "staging" in value && "instance" in value && "argv" in value;
}

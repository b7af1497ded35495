import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Address } from "../../state/record.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** What a replica's directory says of it: written by its supervisor alone, read by every command. No values of environment variables. */
export interface LocalInstance {
  readonly version: 1;
  /** `<host>:<directory>:<nonce>`: unique for ever, and tells the host. */
  readonly instance: string;
  readonly nonce: string;
  readonly token: string;
  readonly repository: string;
  readonly project: string;
  readonly stateId: string;
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  /** Digest of the job that it was given. Absent in files of before there was one. */
  readonly job?: string;
  readonly host: string;
  readonly boot: string;
  /** The process whose end is the end of the replica: the init of its PID namespace, or its supervisor. */
  readonly process: ProcessIdentity;
  readonly isolation: "namespaces" | "group";
  readonly phase: "provisioning" | "running" | "terminating" | "exited";
  readonly exitCode: number | null;
  readonly startedAt: number | null;
  readonly address: Address;
  readonly sockets: Sockets;
}

/** Where a replica listens. */
export interface Sockets {
  /** Where the service is reached when it has a network of its own. */
  readonly service: string;
  /** Where the supervisor is asked to end it. */
  readonly control: string;
}

/** Replaces a replica's `meta.json` in one step: a reader sees the old one or the new one. */
export function writeInstanceFile(directory: string, instance: LocalInstance): void {
  const path = join(directory, "meta.json");
  writeFileSync(`${path}.new`, JSON.stringify(instance), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

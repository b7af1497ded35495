import { createHash } from "node:crypto";

import type { ProvisionRequest } from "./backend.ts";

/** What a backend knows of a replica's place and its request does not say. */
export interface ReplicaPlace {
  /** Where `repos` are, and relative paths begin. */
  readonly repoDir: string;
  readonly workingDir: string;
  /** Where the replica reaches itself. */
  readonly ip: string;
  /** How many GPUs the replica has. */
  readonly gpus: number;
}

/**
 * The variables that the reference sets in every container (facts §2); `env` of the service goes before them. A replica
 * is the only node of its job, and the numbers of nodes say so.
 */
export function dstackEnvironment(
  { owner, service, token, replica }: Pick<ProvisionRequest, "owner" | "service" | "token" | "replica">,
  place: ReplicaPlace,
): Readonly<Record<string, string>> {
  const gpus = String(place.gpus);
  return {
    DSTACK_RUN_NAME: service,
    DSTACK_RUN_ID: uuidOf("run", owner.stateId, service),
    DSTACK_JOB_ID: uuidOf("job", owner.stateId, token),
    DSTACK_REPLICA_NUM: String(replica),
    DSTACK_REPO_ID: owner.repository,
    DSTACK_REPO_DIR: place.repoDir,
    DSTACK_WORKING_DIR: place.workingDir,
    DSTACK_NODES_IPS: place.ip,
    DSTACK_MASTER_NODE_IP: place.ip,
    DSTACK_NODE_RANK: "0",
    DSTACK_NODES_NUM: "1",
    DSTACK_GPUS_PER_NODE: gpus,
    DSTACK_GPUS_NUM: gpus,
  };
}

/** Ids in the reference are UUIDs; these are the same for the same thing. */
function uuidOf(...parts: readonly string[]): string {
  const hex = createHash("sha256").update(parts.join("\0")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

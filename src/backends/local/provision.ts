import { rm } from "node:fs/promises";

import type { ObservedInstance, ProvisionRequest } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { LocalContext } from "./context.ts";
import { removeIfEmpty } from "./dispose.ts";
import { checkFence, fenceOf } from "./fences.ts";
import { directoryName, observed, readReplica, roomLeft } from "./instances.ts";
import { findKeptLogs } from "./kept-logs.ts";
import { prepare } from "./prepare.ts";
import { removeSocketDirectory } from "./sockets.ts";
import type { Spares } from "./spares.ts";

export interface ProvisionContext extends LocalContext {
  readonly spares: Spares;
}

/** Prepares a replica out of sight, and has its supervisor publish and start it. A token that was used already gives what it was used for. */
export async function provision(
  context: ProvisionContext,
  request: ProvisionRequest,
  signal?: AbortSignal,
): Promise<ObservedInstance> {
  const name = directoryName(request.owner, request.token);
  const fence = fenceOf(context.places.fencesDirectory, request.owner, request);
  checkFence(fence);
  const before = await findUsed(context, name, request);
  if (before !== null) return before;
  signal?.throwIfAborted();
  if ((await roomLeft(context)) === 0) {
    const message = `this host holds ${context.maxReplicas} replicas, as \`max_replicas\` allows`;
    throw new BackendError("local", "no-capacity", message);
  }
  const supervisor = await context.spares.take();
  const { staging } = supervisor;
  try {
    const launch = await prepare({ context, request, isolation: await context.isolation(), staging, signal });
    signal?.throwIfAborted();
    const answer = await supervisor.launch(launch);
    if (answer !== "published") await removeSocketDirectory(staging);
    if (answer === "fenced") checkFence(fence);
  } catch (error) {
    supervisor.kill();
    await removeSocketDirectory(staging);
    throw error;
  } finally {
    // Published, it has another name by now.
    await rm(staging, { recursive: true, force: true });
    await removeIfEmpty(context.places);
  }
  const replica = await findUsed(context, name, request);
  if (replica === null) throw new BackendError("local", "unavailable", `${request.token} was started and is gone`);
  return replica;
}

/** What the token was used for; its kept log tells that of one that is gone, so that no token ever starts twice. */
async function findUsed(
  context: LocalContext,
  name: string,
  request: ProvisionRequest,
): Promise<ObservedInstance | null> {
  const replica = await readReplica(context, name);
  if (replica !== null) return observed(replica);
  if ((await findKeptLogs(context.places.logsDirectory, name)) === null) return null;
  const { token, service, deployment } = request;
  const ended = { region: "local", price: 0, status: "gone", address: null, exitCode: null, startedAt: null } as const;
  return {
    ...ended,
    token,
    service,
    deployment,
    replica: request.replica,
    stateId: request.owner.stateId,
    instance: `${context.hostId}:${name}:`,
  };
}

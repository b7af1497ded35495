import { connect } from "node:net";

import type { Owner } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { LocalContext } from "./context.ts";
import { terminateRequest } from "./control.ts";
import { dispose } from "./dispose.ts";
import { checkFence, fenceOf } from "./fences.ts";
import { readReplica } from "./instances.ts";
import type { LocalReplica } from "./instances.ts";
import { isRunning, signalProcess } from "./process-identity.ts";
import { killMarked } from "./process-tree.ts";

/** How long a supervisor that lives may take to answer before it is taken to hang. */
const answerMs = 2_000;
const retryMs = 10;

/** Asks the replica's supervisor to end everything and remove its traces; does it in its place when it is dead. */
export async function terminate(context: LocalContext, owner: Owner, id: string, fence?: number): Promise<void> {
  const [host, name, nonce] = id.split(":");
  if (host === undefined || name === undefined || nonce === undefined)
    throw new BackendError("local", "invalid", `unexpected instance: ${id}`);
  if (host !== context.hostId)
    throw new BackendError("local", "unavailable", `${name} runs on another host, where alone it can be ended`);
  const replica = await readReplica(context, name);
  if (replica === null || replica.instance.nonce !== nonce) return;
  if (replica.instance.repository !== owner.repository || replica.instance.stateId !== owner.stateId) {
    throw new BackendError("local", "unauthorized", `${name} belongs to another state: ${replica.instance.stateId}`);
  }
  const { service } = replica.instance;
  checkFence(fenceOf(context.places.fencesDirectory, owner, { service, fence }));
  if (replica.status === "running" || replica.status === "provisioning") return askToEnd(context, replica);
  if (replica.status !== "terminating") await removeDead(context, replica);
}

async function askToEnd(context: LocalContext, replica: LocalReplica): Promise<void> {
  const { process: identity } = replica.instance;
  const deadline = Date.now() + answerMs;
  while (Date.now() < deadline) {
    if (await ask(replica.instance.sockets.control, deadline - Date.now())) return;
    if (!isRunning(identity)) break;
    await context.clock.sleep(retryMs);
  }
  signalProcess(identity, "SIGKILL");
  await removeDead(context, replica);
}

function ask(path: string, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(ms, () => socket.destroy());
    socket.once("connect", () => socket.write(terminateRequest));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(false));
  });
}

/** Ends what a supervisor without a namespace has left when it was killed, and removes the replica. */
export async function removeDead(context: LocalContext, replica: LocalReplica): Promise<void> {
  const { instance } = replica;
  if (instance.isolation === "group" && instance.boot === context.bootId) killMarked(instance.nonce);
  await dispose(replica.directory, instance, context.places);
}

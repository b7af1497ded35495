import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { digest } from "../../lib/digest.ts";
import type { ObservedInstance, Owner } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { LocalContext } from "./context.ts";
import { replicasDirectory } from "./dispose.ts";
import type { LocalInstance } from "./instance-file.ts";
import { unlessMissing } from "./kept-logs.ts";
import { isRunning } from "./process-identity.ts";
import { instanceFile } from "./schema.ts";

/** A replica's directory with what it says, and whether anything of it can still run. */
export interface LocalReplica {
  readonly directory: string;
  readonly instance: LocalInstance;
  readonly status: ObservedInstance["status"];
}

/** Name of the directory of a token: two states of one repository may count alike. */
export function directoryName(owner: Owner, token: string): string {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}$/.test(token))
    throw new BackendError("local", "invalid", `unexpected token: ${token}`);
  return `${token}.${digest(owner.stateId).slice("sha256:".length, "sha256:".length + 8)}`;
}

/** Every replica of the repository that was started on this host. */
export async function readReplicas(context: LocalContext, owner: Owner): Promise<readonly LocalReplica[]> {
  const names = (await unlessMissing(readdir(replicasDirectory(context.places)))) ?? [];
  const replicas = await Promise.all(
    names.filter((name) => !name.startsWith(".")).map((name) => readReplica(context, name)),
  );
  return replicas
    .filter((replica) => replica !== null)
    .filter(({ instance }) => instance.repository === owner.repository);
}

/** How many more replicas the host may hold; `null`: no limit is set. Those that are ending still count. */
export async function roomLeft({ places, maxReplicas }: LocalContext): Promise<number | null> {
  if (maxReplicas === null) return null;
  const names = (await unlessMissing(readdir(replicasDirectory(places)))) ?? [];
  return Math.max(0, maxReplicas - names.filter((name) => !name.startsWith(".")).length);
}

/** `null`: there is none of that name, or it is another host's. */
export async function readReplica(context: LocalContext, name: string): Promise<LocalReplica | null> {
  const found = await readOnce(context, name);
  // Its supervisor may have written how it ended, and left, between the file and the look at its process: what it wrote last is final.
  return found?.status === "gone" ? readOnce(context, name) : found;
}

async function readOnce(context: LocalContext, name: string): Promise<LocalReplica | null> {
  const directory = join(replicasDirectory(context.places), name);
  const text = await unlessMissing(readFile(join(directory, "meta.json"), "utf8"));
  if (text === undefined) return null;
  const parsed = instanceFile.safeParse(parseJson(text));
  if (!parsed.success)
    throw new BackendError("local", "unavailable", `cannot read ${directory}/meta.json`, { cause: parsed.error });
  const instance = parsed.data;
  return instance.host === context.hostId ? { directory, instance, status: statusOf(context, instance) } : null;
}

function statusOf(context: LocalContext, instance: LocalInstance): ObservedInstance["status"] {
  if (instance.phase === "exited") return "exited";
  if (instance.boot !== context.bootId) return "gone";
  return isRunning(instance.process) ? instance.phase : "gone";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A replica in the words of every backend. */
export function observed({ instance, status }: LocalReplica): ObservedInstance {
  return {
    token: instance.token,
    instance: instance.instance,
    stateId: instance.stateId,
    project: instance.project,
    service: instance.service,
    replica: instance.replica,
    deployment: instance.deployment,
    ...(instance.job === undefined ? {} : { job: instance.job }),
    region: "local",
    price: 0,
    status,
    address: status === "running" || status === "terminating" ? instance.address : null,
    exitCode: instance.exitCode,
    startedAt: instance.startedAt,
  };
}

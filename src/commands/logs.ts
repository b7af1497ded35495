import type { LogLine } from "../backends/backend.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { painter } from "../report/style.ts";
import type { ReplicaRecord } from "../state/record.ts";
import type { App } from "./app.ts";
import { recordNamed } from "./named.ts";
import { sayJson } from "./say.ts";

export interface LogsOptions {
  readonly follow: boolean;
  readonly replica: number | null;
  readonly tail: number | null;
}

/** `logs NAME`: what its replicas wrote, each line with its replica where there are several. */
export async function logs(app: App, name: string, options: LogsOptions): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const snapshot = await world.store.load(app.io.signal);
  const record = recordNamed(name, snapshot);
  const chosen = record.replicas.filter((replica) => options.replica === null || replica.num === options.replica);
  if (chosen.length === 0 && options.replica !== null) throw noReplica(name, options.replica, record.replicas);
  const owner = { ...world.owner, stateId: snapshot.stateId };
  const write = (replica: ReplicaRecord, line: LogLine): void => {
    if (app.options.json)
      return sayJson(app, {
        version: 1,
        time: toTimestamp(line.time),
        service: name,
        replica: replica.num,
        stream: line.stream,
        text: line.text,
      });
    const prefix = chosen.length > 1 ? painter(app.io.colors)("gray", `replica=${replica.num} `) : "";
    app.io.stdout(`${prefix}${line.text}\n`);
  };
  const read = async (replica: ReplicaRecord): Promise<void> => {
    const backend = world.backends.get(replica.backend);
    if (backend === undefined) return;
    const tail = options.tail === null ? {} : { tail: options.tail };
    for await (const line of backend.logs(owner, replica.token, {
      follow: options.follow,
      signal: app.io.signal,
      ...tail,
    }))
      write(replica, line);
  };
  if (options.follow) await Promise.all(chosen.map(read));
  else for (const replica of chosen) await read(replica);
  return exitCodes.success;
}

function noReplica(name: string, num: number, replicas: readonly ReplicaRecord[]): UserError {
  const known = replicas.map((replica) => replica.num).join(", ");
  return new UserError("unknown-replica", `${name} has no replica ${num}`, {
    hint: known === "" ? "it has none" : `it has ${known}`,
  });
}

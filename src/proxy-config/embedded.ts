import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";

import type { Clock } from "../lib/clock.ts";
import { announce, newSocketPath, refuseWhileHeld, withdraw } from "./announcement.ts";
import { bearerAuthorization } from "./embedded/authorization.ts";
import { connectUpstreams } from "./embedded/connect.ts";
import { startControl } from "./embedded/control.ts";
import { startFront } from "./embedded/front.ts";
import { createServing } from "./embedded/serving.ts";
import { publishedRoutesDirectory, readPublishedRoutes, tidyPublishedRoutes } from "./published-routes.ts";
import type { GatewayStatus } from "./publisher.ts";

export interface EmbeddedGatewayOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly runtimeDirectory: string;
  /** Name of the gateway in the settings: it serves the routes that name it. */
  readonly gateway: string;
  /** Values of bearer tokens. In memory only. */
  readonly tokens: readonly string[];
  readonly clock: Clock;
  /** How long an upstream may take until its answer begins; 0, the default: for ever, as models may think for minutes. */
  readonly headersTimeoutMs?: number;
  /** Ends the gateway at once, without waiting for requests in flight. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedGateway {
  readonly address: AddressInfo;
  status(): Required<GatewayStatus>;
  /** Takes no new connections, waits at most `drain` milliseconds for requests in flight, then ends. */
  close(options: { readonly drain: number }): Promise<void>;
}

/**
 * Starts a gateway in this process. It serves what lies published in the runtime directory, and every newer publication
 * from the moment that it is made.
 */
export async function startEmbeddedGateway(options: EmbeddedGatewayOptions): Promise<EmbeddedGateway> {
  const { runtimeDirectory, gateway, clock, listen } = options;
  options.signal?.throwIfAborted();
  await refuseWhileHeld(runtimeDirectory, gateway);

  const upstreams = await connectUpstreams(options.headersTimeoutMs ?? 0);
  const serving = createServing({ gateway, clock, upstreams });
  const follow = async (): Promise<void> => {
    const published = await readPublishedRoutes(runtimeDirectory);
    if (published !== null) serving.serve(published);
  };
  await follow();

  const front = await startFront({ listen, serving, authorize: bearerAuthorization(options.tokens), clock });
  const socket = await newSocketPath(runtimeDirectory);
  const control = await startControl(socket, serving);
  const announcement = { gateway, pid: process.pid, host: listen.host, port: front.address.port, socket };
  const watching = await watchRoutes(runtimeDirectory, follow);

  let closing: Promise<void> | null = null;
  const end = async (drainMs: number): Promise<void> => {
    watching.close();
    // The control socket stays until the last request ends: until then replicas must not be taken away.
    await front.close(drainMs);
    await withdraw(runtimeDirectory, announcement);
    control.close();
    control.closeAllConnections();
    await upstreams.close();
    await tidyPublishedRoutes(runtimeDirectory);
  };
  const close = ({ drain }: { readonly drain: number }): Promise<void> => (closing ??= end(drain));

  try {
    await announce(runtimeDirectory, announcement);
    // What was published between the first reading and the announcement.
    await follow();
  } catch (error) {
    await close({ drain: 0 });
    throw error;
  }
  options.signal?.addEventListener("abort", () => void close({ drain: 0 }), { once: true });
  return { address: front.address, status: () => serving.status(), close };
}

/** Follows publications that no control socket brought, such as those of a command that was killed half-way. */
async function watchRoutes(runtimeDirectory: string, follow: () => Promise<void>): Promise<{ close(): void }> {
  const directory = publishedRoutesDirectory(runtimeDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // A publication that cannot be read leaves what is served as it is; the next one is read again.
  const read = (): void => void follow().catch(() => {});
  try {
    const watcher = watch(directory, { persistent: false }, read);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // A system that has no watches left: publications still come over the control socket.
    return { close() {} };
  }
}

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { systemClock } from "../../src/lib/clock.ts";
import { type EmbeddedGatewayOptions, startEmbeddedGateway } from "../../src/proxy-config/embedded.ts";
import { embeddedPublisher } from "../../src/proxy-config/publish.ts";
import type { Publisher } from "../../src/proxy-config/publisher.ts";
import type { Route, Upstream } from "../../src/proxy-config/routes.ts";
import type { Address } from "../../src/state/record.ts";

export interface Scratch extends AsyncDisposable {
  readonly directory: string;
}

/** A directory of a test's own. */
export async function scratch(): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), "gateway-test-"));
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** A path route of the gateway `main`, with what a case is about on top. */
export function pathRoute(service: string, upstreams: readonly Upstream[], overrides: Partial<Route> = {}): Route {
  const match = { kind: "path", prefix: `/proxy/services/main/${service}/`, strip: true } as const;
  return { project: "main", service, gateway: "main", match, auth: false, upstreams, ...overrides };
}

export interface RunningUpstream extends AsyncDisposable {
  readonly server: Server;
  readonly upstream: Upstream;
  readonly port: number;
}

/** A replica: a real HTTP server, on a free port or on a socket in `directory`. */
export async function startReplica(
  id: string,
  listener: RequestListener,
  directory?: string,
): Promise<RunningUpstream> {
  const server = createServer(listener);
  const path = directory === undefined ? null : join(directory, `${id}.sock`);
  if (path === null) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  const port = portOf(server);
  const address: Address = path === null ? { kind: "tcp", host: "127.0.0.1", port } : { kind: "unix", path };
  const dispose = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { server, upstream: { id, address }, port, [Symbol.asyncDispose]: dispose };
}

export interface RunningGateway extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  readonly directory: string;
  readonly publisher: Publisher;
  readonly inFlight: () => Readonly<Record<string, number>>;
  readonly close: (options: { readonly drain: number }) => Promise<void>;
  /** Serves these routes from now on. */
  readonly serve: (routes: readonly Route[]) => Promise<void>;
}

/** A gateway `main` on a free port, in a runtime directory of its own. */
export async function startGateway(
  routes: readonly Route[],
  overrides: Partial<EmbeddedGatewayOptions> = {},
): Promise<RunningGateway> {
  const { directory, [Symbol.asyncDispose]: remove } = await scratch();
  const listen = { host: "127.0.0.1", port: 0 };
  const options = {
    listen,
    runtimeDirectory: directory,
    gateway: "main",
    tokens: [],
    clock: systemClock,
    ...overrides,
  };
  const gateway = await startEmbeddedGateway(options);
  const publisher = embeddedPublisher({ runtimeDirectory: options.runtimeDirectory });
  let generation = 0;
  const serve = async (next: readonly Route[]): Promise<void> => {
    generation += 1;
    const { acknowledged } = await publisher.publish({ generation, routes: next });
    if (!acknowledged) throw new Error("the gateway did not take the routes");
  };
  await serve(routes);
  return {
    port: gateway.address.port,
    origin: `http://127.0.0.1:${gateway.address.port}`,
    directory: options.runtimeDirectory,
    publisher,
    inFlight: () => gateway.status().inFlight,
    close: (closing) => gateway.close(closing),
    serve,
    async [Symbol.asyncDispose]() {
      await gateway.close({ drain: 0 });
      await remove();
    },
  };
}

/** Sends bytes as they are, and resolves with all that comes back until the server closes or `until` is in it. */
export function sendRaw(port: number, bytes: string, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let received = "";
    const finish = (): void => {
      socket.destroy();
      resolve(received);
    };
    socket.setTimeout(5_000, finish);
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (until !== undefined && received.includes(until)) finish();
    });
    socket.on("end", finish);
    socket.on("error", reject);
  });
}

/** Everything of a request's body. */
export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(request, "end");
  return Buffer.concat(chunks);
}

/** Waits for a state of the world; fails, saying which, when it does not come. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not come: ${what}`);
    await systemClock.sleep(5);
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

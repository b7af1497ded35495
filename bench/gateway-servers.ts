/** The three servers that `gateway.ts` compares: `upstream SOCKET`, `bare SOCKET`, `gateway SOCKET RUNTIME_DIRECTORY`. */
import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:http";

import { systemClock } from "../src/lib/clock.ts";
import { startEmbeddedGateway } from "../src/proxy-config/embedded.ts";
import { writePublishedRoutes } from "../src/proxy-config/published-routes.ts";

const [what, socketPath = "", runtimeDirectory = ""] = process.argv.slice(2);
const servers: Record<string, () => Promise<number>> = { upstream, bare, gateway };
const port = await servers[what ?? ""]?.();
process.send?.({ port });

/** Answers 1 KB, on the socket for the proxies and on a port for the direct way. */
async function upstream(): Promise<number> {
  const text = "x".repeat(1024);
  const serve = (): Server => createServer((_, response) => response.end(text));
  const onSocket = serve().listen(socketPath);
  await once(onSocket, "listening");
  return listening(serve());
}

/** What any proxy on node:http does at least. */
async function bare(): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, response) => {
    const { method, url: path, headers } = incoming;
    const outgoing = request({ socketPath, agent, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  return listening(server);
}

async function gateway(): Promise<number> {
  const match = { kind: "path", prefix: "/proxy/services/main/bench/", strip: true } as const;
  const upstreams = [{ id: "bench-1", address: { kind: "unix", path: socketPath } as const }];
  const route = { project: "main", service: "bench", gateway: "main", match, auth: false, upstreams };
  await writePublishedRoutes(runtimeDirectory, { generation: 1, routes: [route] });
  const options = {
    listen: { host: "127.0.0.1", port: 0 },
    runtimeDirectory,
    gateway: "main",
    tokens: [],
    clock: systemClock,
  };
  const { address } = await startEmbeddedGateway(options);
  return address.port;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

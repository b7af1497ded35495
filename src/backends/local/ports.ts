import { createServer } from "node:net";

/** Below the range from which systems choose ports of outgoing connections, so that none takes it before the service does. */
const first = 20_000;
const last = 32_000;
const tries = 200;

/** A port that nobody listens on and no other replica was given; `null`: none was found. */
export async function findFreePort(taken: ReadonlySet<number>): Promise<number | null> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  return null;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "0.0.0.0", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

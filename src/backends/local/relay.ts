import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

/** Carries connections from a unix socket to a port inside this network namespace. */
export interface Relay {
  readonly server: Server;
  /** Takes no more connections, and resolves when those under way have ended, or after `ms`. */
  drain(ms: number): Promise<void>;
}

/** Each connection is piped both ways with backpressure; each half closes by itself. While nobody listens on the port, connections end at once. */
export function createRelay(port: number): Relay {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.once("close", () => open.delete(client));
    client.on("error", () => client.destroy());
    join(client, port, ["127.0.0.1", "::1"]);
  });
  return {
    server,
    drain(ms) {
      return new Promise((resolve) => {
        server.close(() => resolve());
        setTimeout(() => {
          for (const client of open) client.destroy();
          resolve();
        }, ms).unref();
      });
    },
  };
}

/** Services listen on all addresses, on IPv4's loopback or, a few, on IPv6's alone. */
function join(client: Socket, port: number, [host, ...others]: readonly string[]): void {
  if (host === undefined) {
    client.destroy();
    return;
  }
  const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const next = (): void => join(client, port, others);
  upstream.once("error", next);
  upstream.once("connect", () => {
    upstream.off("error", next);
    pipeBoth(client, upstream);
  });
}

function pipeBoth(client: Socket, upstream: Socket): void {
  upstream.on("error", () => client.destroy());
  // What the service sent before it closed still reaches the client.
  upstream.once("close", () => client.destroySoon());
  client.once("close", () => upstream.destroy());
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  client.pipe(upstream);
  upstream.pipe(client);
}

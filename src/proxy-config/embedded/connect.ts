import type { Address } from "../../state/record.ts";
import { createUpstreams, type Upstreams } from "./upstreams.ts";

/** The largest head of a message, both ways: cookies and tokens grow beyond Node's 16 KiB. */
export const maxHeaderSize = 64 * 1024;

/** Upstreams with a pool of kept connections each. Not one request waits for another one's connection. */
export async function connectUpstreams(headersTimeoutMs: number): Promise<Upstreams> {
  const { Pool } = await import("undici");
  const options = {
    headersTimeout: headersTimeoutMs,
    // Streams may be silent for as long as they like.
    bodyTimeout: 0,
    connectTimeout: 5_000,
    // Shorter than any common server keeps a connection, so that none is used at the moment it closes it.
    keepAliveTimeout: 1_500,
    keepAliveMaxTimeout: 60_000,
    keepAliveTimeoutThreshold: 1_500,
    maxHeaderSize,
  };
  return createUpstreams((address: Address) =>
    address.kind === "unix"
      ? new Pool("http://localhost", { ...options, socketPath: address.path })
      : new Pool(`http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`, options),
  );
}

import type { Address } from "../state/record.ts";
import { hostAndPort, safe } from "./escape.ts";

/** An upstream's address in one string; `unix` comes before the path of a socket. */
export function upstreamAddress(address: Address, unix: string): string {
  return address.kind === "unix"
    ? `${unix}${safe("socket path", address.path)}`
    : hostAndPort(address.host, address.port);
}

/** Header names and values, one after the other, as `node:http` and `undici` read and write them. */
export type RawHeaders = readonly string[];

/** Belong to one connection, not to the message (RFC 9110, 7.6.1), or are this gateway's to say. */
const hopByHop = new Set(
  "connection keep-alive proxy-connection proxy-authenticate proxy-authorization te transfer-encoding upgrade".split(
    " ",
  ),
);
const ours = new Set([
  "expect",
  "http2-settings",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
]);
/** A `Connection` header may not take these away: they decide where a message goes and ends. */
const framing = new Set(["host", "content-length"]);

/**
 * The headers that an upstream gets: the client's, less those of its connection and what only a proxy can say. The client's
 * own `X-Forwarded-For` stays as the beginning of a chain that ends with the address that was really seen.
 */
export function requestHeaders(
  raw: RawHeaders,
  client: { readonly address: string; readonly host: string | undefined },
): string[] {
  const headers: string[] = [];
  const named = namedByConnection(raw);
  let forwardedFor = "";
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const key = name.toLowerCase();
    if (key === "x-forwarded-for") forwardedFor += `${value}, `;
    if (!hopByHop.has(key) && !ours.has(key) && !named.includes(key)) headers.push(name, value);
  }
  const { address, host } = client;
  headers.push("X-Forwarded-For", forwardedFor + address, "X-Forwarded-Proto", "http", "X-Real-IP", address);
  if (host !== undefined) headers.push("X-Forwarded-Host", host);
  return headers;
}

/** The headers that a client gets: the upstream's, less those of its connection. */
export function responseHeaders(raw: RawHeaders): string[] {
  const headers: string[] = [];
  const named = namedByConnection(raw);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const key = name.toLowerCase();
    if (!hopByHop.has(key) && !named.includes(key)) headers.push(name, raw[index + 1] ?? "");
  }
  return headers;
}

/** Headers as `undici` hands them over, byte by byte as the upstream wrote them (ISO 8859-1, as `node:http` writes them). */
export function decodeHeaders(raw: unknown): RawHeaders {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: unknown) => (Buffer.isBuffer(part) ? part.toString("latin1") : String(part)));
}

/** Further headers that the message's `Connection` header calls its own. */
function namedByConnection(raw: RawHeaders): readonly string[] {
  const named: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    for (const option of (raw[index + 1] ?? "").toLowerCase().split(",")) {
      if (!framing.has(option.trim())) named.push(option.trim());
    }
  }
  return named;
}

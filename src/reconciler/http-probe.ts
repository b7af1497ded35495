import type { Client } from "undici";

import { interpolate } from "../config/interpolate.ts";
import type { ProbeSpec } from "../config/spec.ts";
import type { Address } from "../state/record.ts";
import type { Probe, ProbeAnswer } from "./world.ts";

/** Executes a probe over HTTP as the reference does (facts §7): host `dstack`, no redirects followed, 2xx is success. */
export const httpProbe: Probe = async (address, probe, env, signal) => {
  const deadline = AbortSignal.timeout(probe.timeout * 1000);
  let client: Client | null = null;
  try {
    client = await connect(address);
    return await ask(client, probe, env, AbortSignal.any([signal, deadline]));
  } catch (error) {
    const why = deadline.aborted ? `no answer within ${probe.timeout} s` : reasonOf(error);
    return { ok: false, status: null, error: why };
  } finally {
    await client?.destroy();
  }
};

async function connect(address: Address): Promise<Client> {
  const { Client } = await import("undici");
  if (address.kind === "unix") return new Client("http://dstack", { socketPath: address.path });
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return new Client(`http://${host}:${address.port}`);
}

async function ask(
  client: Client,
  probe: ProbeSpec,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const headers = probe.headers.map(({ name, value }) => [name, withEnv(value, env)] as const);
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  const response = await client.request({
    path: withEnv(probe.url, env),
    method: methods[probe.method],
    headers: Object.fromEntries(hasHost ? headers : [["host", "dstack"] as const, ...headers]),
    body: probe.body === null ? null : withEnv(probe.body, env),
    signal,
  });
  // The status is the answer: a body that never ends must not keep the probe.
  response.body.on("error", () => undefined);
  response.body.destroy();
  const ok = response.statusCode >= 200 && response.statusCode < 300;
  return { ok, status: response.statusCode, error: null };
}

const methods = { get: "GET", post: "POST", put: "PUT", delete: "DELETE", patch: "PATCH", head: "HEAD" } as const;

/** With the values of `${{ env.X }}`; text that cannot be interpolated, which parsing has refused, stays as it is written. */
function withEnv(text: string, env: Readonly<Record<string, string>>): string {
  const answer = interpolate(text, { lookup: (name) => env[name], skip: ["secrets"] });
  return answer.ok ? answer.text : text;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED" || code === "ENOENT") return "connection refused";
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE")
    return "connection closed without an answer";
  return error instanceof Error ? error.message : String(error);
}

import { createHash } from "node:crypto";

import { z } from "zod";

import { UserError } from "../../src/lib/user-error.ts";
import type { Usable } from "./facets.ts";
import { secretName } from "./subjects.ts";

/** The version that is asked, which is also the one that is installed. */
export const dstackVersion = "0.22.5";

export interface ServerOptions {
  readonly url: string;
  readonly token: string;
}

/** What a server answers: the value of the call, or why there is none. */
export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** One project of a server, by the calls that are needed here. */
export interface Server {
  readonly call: (path: string, body: unknown) => Promise<Reply>;
  /** The id of an archive, uploaded where the server has not got it. */
  readonly upload: (archive: Buffer) => Promise<string>;
}

const project = "main";
const callMs = 60_000;

/** A server's API. */
export function connect({ url, token }: ServerOptions): Server {
  const archives = new Map<string, string>();
  const headers = { authorization: `Bearer ${token}`, "x-api-version": dstackVersion };

  async function send(path: string, init: RequestInit): Promise<Reply> {
    const response = await fetch(new URL(path, url), {
      method: "POST",
      ...init,
      signal: AbortSignal.timeout(callMs),
    }).catch((cause: unknown) => {
      throw new UserError("unreachable", `no answer from ${url}: ${String(cause)}`, {
        hint: "is the server up?",
        cause,
      });
    });
    const text = await response.text();
    if (response.status === 401 || response.status === 403)
      throw new UserError("forbidden", `${url} refuses the token: ${text}`, {
        hint: "set DSTACK_TOKEN to a token of it",
      });
    return response.ok
      ? { ok: true, value: JSON.parse(text) }
      : { ok: false, message: `${response.status}: ${refusal(text)}` };
  }

  async function upload(archive: Buffer): Promise<string> {
    const hash = createHash("sha256").update(archive).digest("hex");
    const known = archives.get(hash);
    if (known !== undefined) return known;
    const body = new FormData();
    body.append("file", new Blob([Uint8Array.from(archive)]), hash);
    const reply = await send("/api/files/upload_archive", { body, headers });
    if (!reply.ok) throw new Error(`the server takes no archive: ${reply.message}`);
    const { id } = z.object({ id: z.string() }).parse(reply.value);
    archives.set(hash, id);
    return id;
  }

  return {
    call: async (path, body) =>
      send(`/api/project/${project}/${path}`, {
        body: JSON.stringify(body),
        headers: { ...headers, "content-type": "application/json" },
      }),
    upload,
  };
}

const details = z.object({ detail: z.union([z.string(), z.array(z.looseObject({ msg: z.string() }))]) });

function refusal(text: string): string {
  try {
    const { detail } = details.parse(JSON.parse(text));
    return typeof detail === "string" ? detail : detail.map(({ msg }) => msg).join("; ");
  } catch {
    return text;
  }
}

/** What of the server's project the services may use: what works; the secret is made, as any server can. */
export async function resourcesOf(server: Server): Promise<Usable> {
  await server.call("secrets/create_or_update", { name: secretName, value: "none" });
  return {
    gateways: await namesOf(server, "gateways/list", "running"),
    volumes: await namesOf(server, "volumes/list", "active"),
  };
}

async function namesOf(server: Server, path: string, status: string): Promise<readonly string[]> {
  const reply = await server.call(path, {});
  if (!reply.ok) return [];
  const listed = z.array(z.object({ name: z.string(), status: z.string() })).parse(reply.value);
  return listed.filter((each) => each.status === status).map(({ name }) => name);
}

/** Stops runs that were submitted here: a server that works in the background would go on to place them. */
export async function stopRuns(server: Server, names: readonly string[]): Promise<void> {
  await server.call("runs/stop", { runs_names: names, abort: true });
}

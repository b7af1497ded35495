import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { readPublication, writeStatus } from "../publication.ts";
import type { GatewayStatus, Publication } from "../publisher.ts";

/** What the control socket can make a gateway do. */
export interface Controlled {
  /** False: it serves a newer generation. */
  serve(publication: Publication): boolean;
  status(): Required<GatewayStatus>;
  drained(upstream: string, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
}

/** HTTP over a unix socket that only this user can open: `PUT /routes`, `GET /status`, `GET /wait?upstream=ID&timeout=MS`. */
export async function startControl(path: string, controlled: Controlled): Promise<Server> {
  const server = createServer((request, response) => {
    control(request, response, controlled).catch((error: unknown) => {
      if (!response.headersSent)
        reply(response, 400, { error: error instanceof Error ? error.message : String(error) });
      else response.destroy();
    });
  });
  server.requestTimeout = 0;
  server.listen(path);
  await once(server, "listening");
  await chmod(path, 0o600);
  return server;
}

async function control(request: IncomingMessage, response: ServerResponse, controlled: Controlled): Promise<void> {
  const url = new URL(request.url ?? "/", "http://gateway");
  switch (`${request.method} ${url.pathname}`) {
    case "PUT /routes": {
      const taken = controlled.serve(readPublication(await textOf(request)));
      return reply(response, taken ? 200 : 409, { generation: controlled.status().generation });
    }
    case "GET /status":
      return void response.end(writeStatus(controlled.status()));
    case "GET /wait": {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const timeoutMs = Number(url.searchParams.get("timeout") ?? "0");
      const drained = await controlled.drained(url.searchParams.get("upstream") ?? "", timeoutMs, gone.signal);
      return reply(response, 200, { drained });
    }
    default:
      return reply(response, 404, { error: "expected PUT /routes, GET /status or GET /wait" });
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding("utf8");
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function reply(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify({ version: 1, ...body })}\n`);
}

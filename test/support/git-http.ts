import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

import { git } from "../../src/git/git.ts";

/** What happens to one request instead of, or besides, its being answered. */
export type GitHttpFault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection ends before anything is done. */
  | { readonly kind: "reset" }
  /** The repository does what it was asked; the answer never arrives, or half of it. */
  | { readonly kind: "drop-answer" }
  | { readonly kind: "truncate" };

export interface GitHttpServer extends AsyncDisposable {
  readonly url: string;
  /** Path and authorization of every request so far. */
  readonly requests: readonly { readonly path: string; readonly authorization: string | undefined }[];
  /** Asked before each request; `null`: served as usual. */
  setFault(fault: (path: string) => GitHttpFault | null): void;
}

/** git's own smart-HTTP backend behind a token, serving every repository below a directory. */
export async function startGitHttp(root: string, token: string | null): Promise<GitHttpServer> {
  const backend = join((await git(["--exec-path"], { cwd: root })).text, "git-http-backend");
  const requests: { path: string; authorization: string | undefined }[] = [];
  let faultOf: (path: string) => GitHttpFault | null = () => null;
  const expected = token === null ? null : `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;

  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const { authorization } = request.headers;
    requests.push({ path, authorization });
    // The scheme's case does not count.
    if (expected !== null && authorization?.replace(/^basic /i, "Basic ") !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const fault = faultOf(path);
    if (fault?.kind === "reset") request.socket.destroy();
    else if (fault?.kind === "status") response.writeHead(fault.status).end("injected");
    else setTimeout(() => serve(request, response, fault), fault?.kind === "delay" ? fault.ms : 0);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    setFault: (fault) => void (faultOf = fault),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  function serve(request: IncomingMessage, response: ServerResponse, fault: GitHttpFault | null): void {
    const child = spawn(backend, [], { env: cgi(request, root), stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.on("error", () => {});
    request.pipe(child.stdin);
    // What was promised and never came is waited for without end, and without sleep.
    request.on("close", () => {
      if (!request.complete) child.kill();
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      if (fault?.kind === "drop-answer") request.socket.destroy();
      else answer(response, Buffer.concat(chunks), fault?.kind === "truncate");
    });
  }
}

function cgi(request: IncomingMessage, root: string): NodeJS.ProcessEnv {
  const url = new URL(request.url ?? "/", "http://localhost");
  const length = request.headers["content-length"];
  return {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
    GIT_CONFIG_KEY_1: "http.receivepack",
    GIT_CONFIG_VALUE_1: "true",
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    REMOTE_USER: "test",
    REMOTE_ADDR: "127.0.0.1",
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    // Absent for a chunked body: the backend reads to its end.
    ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
  };
}

function answer(response: ServerResponse, output: Buffer, half = false): void {
  const end = output.indexOf("\r\n\r\n");
  const headers = output
    .toString("latin1", 0, Math.max(0, end))
    .split("\r\n")
    .map((line) => line.split(/:\s*(.*)/s));
  const status = headers.find(([name]) => name?.toLowerCase() === "status")?.[1] ?? "200";
  response.statusCode = end === -1 ? 500 : Number.parseInt(status, 10);
  for (const [name = "", value = ""] of headers)
    if (name !== "" && name.toLowerCase() !== "status") response.setHeader(name, value);
  const body = output.subarray(end + 4);
  if (!half) return void response.end(body);
  // As long as it was to be: whoever reads it sees that something is missing.
  response.setHeader("content-length", body.length);
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

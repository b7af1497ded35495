import { request } from "node:http";

/** One request to a gateway's control socket. */
export interface ControlRequest {
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** Asks a gateway; `null` when none is behind the socket, or it ended before it answered. */
export function askGateway(
  socketPath: string,
  asked: ControlRequest,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly text: string } | null> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(asked.timeoutMs);
    const options = {
      socketPath,
      method: asked.method,
      path: asked.path,
      agent: false,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    } as const;
    const fail = (error: Error): void => (isGone(error) ? resolve(null) : reject(error));
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", fail);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", fail);
    sent.end(asked.body);
  });
}

function isGone(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return (
    code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE" || code === "ENOTSOCK"
  );
}

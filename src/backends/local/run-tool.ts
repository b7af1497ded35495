import { execFile } from "node:child_process";

import { hostEnvironment } from "./environment.ts";

/** A program of the host, and how long it may take. */
export interface Tool {
  readonly argv: readonly string[];
  readonly host: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What became of it. */
export type ToolAnswer =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly message: string };

/** Runs a program of the host and waits for it. Not being there is an answer like any other. */
export function runTool(tool: Tool): Promise<ToolAnswer> {
  const [file, ...args] = tool.argv;
  const options = {
    env: hostEnvironment(tool.host),
    timeout: tool.timeoutMs,
    encoding: "utf8" as const,
    killSignal: "SIGKILL" as const,
  };
  return new Promise((resolve) => {
    execFile(
      file ?? "",
      args,
      { ...options, ...(tool.signal === undefined ? {} : { signal: tool.signal }) },
      (error, stdout, stderr) => {
        resolve(error === null ? { ok: true, stdout } : { ok: false, message: stderr.trim() || error.message });
      },
    );
  });
}

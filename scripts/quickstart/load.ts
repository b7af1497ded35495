import { Pool } from "undici";

/** What became of requests that went on from before to after a roll. */
export interface LoadReport {
  readonly requests: number;
  readonly failures: readonly string[];
  readonly streams: number;
  readonly cutStreams: readonly string[];
  /** Requests by what they were greeted with: both revisions must show. */
  readonly greetings: Readonly<Record<string, number>>;
}

export interface Load {
  requests(): number;
  /** Requests that ended since `mark` was called last. */
  stop(): Promise<LoadReport>;
}

const connections = 8;
const streamSeconds = 8;

/**
 * Keeps requests going over keep-alive connections, one after the other on each, and ten streamed responses beside them,
 * until it is stopped. A request fails that is not answered 200 with the whole body; nothing is retried.
 */
export function startLoad(base: string, options: { readonly streams: number }): Load {
  const url = new URL(base);
  const pool = new Pool(url.origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
  const streaming = new Pool(url.origin, { connections: options.streams, pipelining: 1 });
  const failures: string[] = [];
  const cutStreams: string[] = [];
  const greetings: Record<string, number> = {};
  let requests = 0;
  let streams = 0;
  let stopped = false;

  const askOnce = async (): Promise<void> => {
    requests += 1;
    try {
      const { statusCode, body } = await pool.request({ path: `${url.pathname}greeting`, method: "GET" });
      const text = await body.text();
      if (statusCode !== 200) failures.push(`answered ${statusCode}: ${text.trim()}`);
      else greetings[greetingOf(text)] = (greetings[greetingOf(text)] ?? 0) + 1;
    } catch (error) {
      failures.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  };
  const keepAsking = async (): Promise<void> => {
    while (!stopped) await askOnce();
  };
  const streamOnce = async (): Promise<void> => {
    streams += 1;
    try {
      const { statusCode, body } = await streaming.request({
        path: `${url.pathname}stream?seconds=${streamSeconds}`,
        method: "GET",
      });
      const text = await body.text();
      if (statusCode !== 200 || !text.endsWith("end\n"))
        cutStreams.push(`answered ${statusCode}, last line ${JSON.stringify(text.slice(-30))}`);
    } catch (error) {
      cutStreams.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  };
  const running = [
    ...Array.from({ length: connections }, keepAsking),
    ...Array.from({ length: options.streams }, streamOnce),
  ];
  return {
    requests: () => requests,
    async stop() {
      stopped = true;
      await Promise.all(running);
      await Promise.all([pool.close(), streaming.close()]);
      return { requests, failures, streams, cutStreams, greetings };
    },
  };
}

function greetingOf(text: string): string {
  const answer: unknown = JSON.parse(text);
  return typeof answer === "object" && answer !== null && "greeting" in answer ? String(answer.greeting) : text;
}

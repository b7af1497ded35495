import type { IncomingMessage, ServerResponse } from "node:http";

import type { Choice, Exchange, Failure, Receiver } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { answer } from "./local-answer.ts";
import { hasBody, requestBody } from "./request-body.ts";

/** What a client is told when there is no answer to pass on. A replica that is missing may come back in a moment. */
export const failureAnswers = {
  "no-upstream": { status: 503, text: "No replica of this service is ready", headers: ["Retry-After", "5"] },
  unreachable: { status: 502, text: "No replica of this service could be reached", headers: [] },
  timeout: { status: 504, text: "The service did not answer in time", headers: [] },
  invalid: { status: 400, text: "The request cannot be forwarded", headers: [] },
  cut: { status: 502, text: "The service's answer broke off", headers: [] },
} as const satisfies Record<
  Failure,
  { readonly status: number; readonly text: string; readonly headers: readonly string[] }
>;

/** One client's request and the place where its answer goes. */
export interface Client {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What to ask the upstream for. */
  readonly target: string;
  /** Called once, when nothing of it is under way any more. */
  readonly onEnd: () => void;
}

/** Passes a request to an upstream and its answer back, both as they come, each no faster than the other side takes it. */
export function forward(client: Client, choice: Choice): void {
  const { request, response, target } = client;
  const body = hasBody(request);
  const continues = body && request.headers.expect?.toLowerCase() === "100-continue";
  // A client that is not asked for its body may or may not send it: its connection tells no more where a request begins.
  if (continues) response.shouldKeepAlive = false;
  const onBodyStart = (): void => {
    if (!continues) return;
    response.writeContinue();
    response.shouldKeepAlive = true;
  };
  const outgoing = {
    method: request.method ?? "GET",
    target,
    headers: requestHeaders(request.rawHeaders, {
      address: request.socket.remoteAddress ?? "unknown",
      host: request.headers.host,
    }),
    repeatable: !body && ["GET", "HEAD", "OPTIONS"].includes(request.method ?? ""),
    // The client is asked for its body at the moment that an upstream is there to read it.
    ...(body && { body: () => requestBody(request, onBodyStart) }),
  };

  // `resume` and `abort` may be asked for while `exchange` has not returned yet: an upstream can fail at once.
  let running: Exchange | null = null;
  let over = false;
  const onClose = (): void => {
    if (over || !(response.closed || request.socket.destroyed)) return;
    over = true;
    client.onEnd();
    if (!response.writableFinished) running?.abort();
  };
  response.once("close", onClose);
  // Writing to a client that has just left; its `close` comes next, and says all there is to say.
  response.on("error", () => {});
  // Before Node 24, responses that wait behind another one of their connection are not told that it closed.
  request.once("close", onClose);
  running = exchange(
    outgoing,
    choice,
    responseWriter(response, () => running?.resume()),
  );
}

function responseWriter(response: ServerResponse, resume: () => void): Receiver {
  let begun = false;
  return {
    head(status, headers, message) {
      response.writeHead(status, /^[\x20-\x7e]+$/.test(message) ? message : undefined, responseHeaders(headers));
      // An event stream's head arrives before its first event, however long that takes; otherwise both go out together.
      process.nextTick(() => {
        if (!begun) response.flushHeaders();
      });
    },
    data(chunk) {
      begun = true;
      if (response.write(chunk)) return true;
      response.once("drain", resume);
      return false;
    },
    end(trailers) {
      begun = true;
      if (trailers.length > 0) response.addTrailers(trailerPairs(trailers));
      response.end();
    },
    upgraded(_headers, socket, end) {
      // Never asked for here; an upstream that does it anyway breaks the protocol.
      socket.destroy();
      end();
      response.destroy();
    },
    failed(failure) {
      if (response.destroyed) return;
      // A clean end would make half an answer look like a whole one.
      if (response.headersSent) response.destroy();
      else answer(response, failureAnswers[failure]);
    },
  };
}

function trailerPairs(trailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < trailers.length; index += 2)
    pairs.push([trailers[index] ?? "", trailers[index + 1] ?? ""]);
  return pairs;
}

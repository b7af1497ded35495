import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import type { Choice, Receiver } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { failureAnswers } from "./forward.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { answerOnSocket, headOf } from "./local-answer.ts";
import { hasBody } from "./request-body.ts";

/** A client that asked to switch protocols, and the bytes that came after its request. */
export interface UpgradeClient {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly target: string;
  readonly onEnd: () => void;
}

/** Whether a request is one to switch protocols. Others with an `Upgrade` header (HTTP/2 over plain text, or with a body) are answered as if it were absent. */
export function wantsUpgrade(request: IncomingMessage): boolean {
  const protocol = request.headers.upgrade?.toLowerCase();
  return protocol !== undefined && !/^h2c?(?:$|[,\s])/.test(protocol) && request.method === "GET" && !hasBody(request);
}

/** Passes a request to switch protocols on, and joins the two connections when the upstream agrees. */
export function forwardUpgrade(client: UpgradeClient, choice: Choice): void {
  const { request, socket, target } = client;
  const address = request.socket.remoteAddress ?? "unknown";
  const outgoing = {
    method: "GET",
    target,
    headers: requestHeaders(request.rawHeaders, { address, host: request.headers.host }),
    upgrade: request.headers.upgrade ?? "",
    repeatable: false,
  };
  socket.once("close", () => {
    client.onEnd();
    running.abort();
  });
  const running = exchange(
    outgoing,
    choice,
    upgradeReceiver(client, () => running.resume()),
  );
}

function upgradeReceiver({ socket, head, request }: UpgradeClient, resume: () => void): Receiver {
  let answered = false;
  return {
    upgraded(headers, upstream, end) {
      answered = true;
      const agreed = ["Connection", "Upgrade", "Upgrade", protocolOf(headers) ?? request.headers.upgrade ?? ""];
      socket.write(headOf(101, "Switching Protocols", [...agreed, ...responseHeaders(headers)]), "latin1");
      if (head.length > 0) upstream.write(head);
      join(socket, upstream, end);
    },
    // The upstream declined: its answer goes back as it is, and ends with the connection.
    head(status, headers, message) {
      answered = true;
      socket.write(headOf(status, message, [...responseHeaders(headers), "Connection", "close"]), "latin1");
    },
    data(chunk) {
      if (socket.write(chunk)) return true;
      socket.once("drain", resume);
      return false;
    },
    end: () => void socket.end(),
    failed(failure) {
      if (answered || socket.destroyed) socket.destroy();
      else answerOnSocket(socket, failureAnswers[failure]);
    },
  };
}

/** Bytes go both ways until both sides have ended, or one has broken: then the other is broken too. */
function join(client: Duplex, upstream: Duplex, end: () => void): void {
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on("error", () => upstream.destroy());
  upstream.once("close", () => {
    end();
    if (upstream.readableEnded) client.end(() => client.destroy());
    else client.destroy();
  });
  client.once("close", () => upstream.destroy());
}

function protocolOf(headers: readonly string[]): string | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "upgrade");
  return at === -1 ? undefined : headers[at + 1];
}

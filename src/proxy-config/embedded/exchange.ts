import type { Readable, Duplex } from "node:stream";

import type { Dispatcher } from "undici";

import { ClientLeftError } from "./client-left.ts";
import { decodeHeaders, type RawHeaders } from "./headers.ts";
import type { Result } from "./traffic.ts";
import type { Peer } from "./upstreams.ts";

/** One request to whichever upstream takes it. */
export interface Outgoing {
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
  /** A fresh body for each upstream that is asked; absent: the request has none. */
  readonly body?: () => Readable;
  /** Protocol to switch to. */
  readonly upgrade?: string;
  /** Sending it a second time cannot do harm: a safe method without a body. */
  readonly repeatable: boolean;
}

/** Where the next attempt goes. */
export interface Choice {
  pick(tried: ReadonlySet<Peer>): Attempt | null;
  unreachable(peer: Peer): void;
}

/** One upstream that is asked: in flight from the moment that it is picked until `end` is called. */
export interface Attempt {
  readonly peer: Peer;
  readonly end: () => void;
  /** Counts how the upstream did. A request that is over because its client left was not failed by it. */
  readonly count: (result: Result) => void;
}

/** Gets the answer. Exactly one of `end`, `upgraded` and `failed` is the last thing it hears. */
export interface Receiver {
  head(status: number, headers: RawHeaders, message: string): void;
  /** False: no more until `resume`. */
  data(chunk: Buffer): boolean;
  end(trailers: RawHeaders): void;
  /** The connection is the receiver's from now on, and in flight until `end` is called. */
  upgraded(headers: RawHeaders, socket: Duplex, end: () => void): void;
  failed(failure: Failure): void;
}

/** Why there is no answer, or no whole one: no upstream at all, none that answers, none in time, a request that cannot be sent, an answer cut off. */
export type Failure = "no-upstream" | "unreachable" | "timeout" | "invalid" | "cut";

export interface Exchange {
  resume(): void;
  abort(): void;
}

/**
 * Sends a request, and asks the next upstream as long as it is certain that none has acted on it: where no connection
 * came about nothing was sent; where one broke before the answer only a repeatable request is sent again, once.
 */
export function exchange(outgoing: Outgoing, choice: Choice, receiver: Receiver): Exchange {
  const tried = new Set<Peer>();
  let controller: Dispatcher.DispatchController | null = null;
  let aborted = false;
  let repeated = false;

  const attempt = (): void => {
    const picked = choice.pick(tried);
    if (picked === null) return receiver.failed(tried.size === 0 ? "no-upstream" : "unreachable");
    const { peer, end, count } = picked;
    let sent = false;
    let answer: number | null = null;
    const { method, target: path, headers, body, upgrade } = outgoing;

    const onResponseError = (_: unknown, error: Error): void => {
      const failure = failureOf(error);
      if (failure !== "invalid") count(error instanceof ClientLeftError ? resultOf(answer) : "failed");
      end();
      if (answer !== null) return receiver.failed("cut");
      if (aborted || failure !== null) return receiver.failed(failure ?? "cut");
      if (!sent) {
        choice.unreachable(peer);
        tried.add(peer);
        return attempt();
      }
      // Most likely a connection that was kept open and that the upstream closed at this very moment.
      if (!outgoing.repeatable || repeated) return receiver.failed("unreachable");
      repeated = true;
      return attempt();
    };

    peer.dispatcher.dispatch(
      { method, path, headers, body: body?.() ?? null, upgrade: upgrade ?? null },
      {
        onRequestStart(started) {
          sent = true;
          controller = started;
          if (aborted) started.abort(new ClientLeftError());
        },
        onResponseStart(response, status, _headers, message) {
          if (status < 200) return;
          receiver.head(status, decodeHeaders(response.rawHeaders), message ?? "");
          answer = status;
        },
        onResponseData(response, chunk) {
          if (!receiver.data(chunk)) response.pause();
        },
        onResponseEnd(response) {
          receiver.end(decodeHeaders(response.rawTrailers));
          count(resultOf(answer));
          end();
        },
        onRequestUpgrade(response, _status, _headers, socket) {
          // How long it lasts from here on says nothing of how the upstream does.
          count("well");
          receiver.upgraded(decodeHeaders(response.rawHeaders), socket, end);
        },
        onResponseError,
      },
    );
  };

  attempt();
  return {
    resume: () => controller?.resume(),
    abort() {
      aborted = true;
      controller?.abort(new ClientLeftError());
    },
  };
}

function resultOf(status: number | null): Result {
  return status !== null && status >= 500 ? "failed" : "well";
}

/** Errors that no other upstream would make better. */
function failureOf(error: Error): Failure | null {
  const code = "code" in error ? error.code : undefined;
  if (code === "UND_ERR_HEADERS_TIMEOUT") return "timeout";
  return code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED" ? "invalid" : null;
}

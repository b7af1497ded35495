import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

import { ClientLeftError } from "./client-left.ts";

/** Whether a message carries a body (RFC 9112, 6): by its headers, not by its method. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) > 0);
}

/**
 * A request's body as an upstream reads it. Not a byte is taken from the client before the first reading, which comes
 * once a connection to the upstream stands: until then another upstream can be asked instead. `onStart` is told then.
 */
export function requestBody(request: IncomingMessage, onStart: () => void): Readable {
  let started = false;
  const onData = (chunk: Buffer): void => {
    if (!body.push(chunk)) request.pause();
  };
  const onEnd = (): void => void body.push(null);
  const onClose = (): void => {
    if (!request.complete) body.destroy(new ClientLeftError());
  };
  const body = new Readable({
    highWaterMark: 65_536,
    read() {
      if (started) return void request.resume();
      started = true;
      onStart();
      request.on("data", onData).on("end", onEnd).on("close", onClose);
    },
    destroy(error, done) {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      // What the upstream did not want to read is thrown away, so that the client gets to read the answer.
      if (started) request.resume();
      done(error);
    },
  });
  // Its reader is told; without a listener of ours, an error after the reader left would end the process.
  body.on("error", () => {});
  return body;
}

import type { Readable, Writable } from "node:stream";

import { z } from "zod";

const Message = z.looseObject({
  id: z.number().optional(),
  method: z.string().optional(),
  sessionId: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
type Message = z.infer<typeof Message>;

/** What a browser tells of itself without being asked. */
export interface DevtoolsEvent {
  readonly method: string;
  readonly params: unknown;
}

export interface Devtools {
  /** Calls a method of the protocol, of one session or of the browser. */
  call(method: string, params?: object, sessionId?: string): Promise<unknown>;
  /** Tells every event of a session from now on. */
  listen(sessionId: string, tell: (event: DevtoolsEvent) => void): void;
}

/** Chromium's DevTools protocol over a pair of pipes: JSON, each message ended by a zero byte. */
export function devtools(output: Writable, input: Readable): Devtools {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, (event: DevtoolsEvent) => void>();
  let last = 0;
  let rest = "";
  input.setEncoding("utf8");
  input.on("data", (chunk: string) => {
    const texts = `${rest}${chunk}`.split("\0");
    rest = texts.pop() ?? "";
    for (const text of texts) take(Message.parse(JSON.parse(text)));
  });
  input.on("close", () => {
    for (const call of waiting.values()) call.reject(new Error("the browser is gone"));
  });
  // A browser that is gone is told of by its other pipe.
  output.on("error", () => undefined);
  return {
    call(method, params = {}, sessionId) {
      last += 1;
      const id = last;
      output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    listen: (sessionId, tell) => void listeners.set(sessionId, tell),
  };

  function take({ id, method, sessionId, params, result, error }: Message): void {
    if (id === undefined) {
      if (method !== undefined) listeners.get(sessionId ?? "")?.({ method, params });
      return;
    }
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error.message));
  }
}

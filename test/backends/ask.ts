import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { LogLine, MachineBackend, ObservedInstance, Owner } from "../../src/backends/backend.ts";
import type { Address } from "../../src/state/record.ts";
import { owner } from "./request.ts";

/** A replica whose service answers. */
export interface Reached {
  readonly instance: ObservedInstance;
  readonly address: Address;
}

/** Waits until a replica runs and its service answers. */
export async function reached(backend: MachineBackend, { token }: ObservedInstance, ask = answers): Promise<Reached> {
  const instance = await until(
    () => backend.find(owner, token),
    (found) => found !== null && found.address !== null,
    20_000,
  );
  const address = instance?.address ?? null;
  if (instance === null || address === null) throw new Error(`${token} has no address`);
  await until(
    () => ask(address),
    (answered) => answered,
    20_000,
  );
  return { instance, address };
}

/** Asks until the answer is the one that is waited for. */
export async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean, ms: number): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still waiting after ${ms} ms; last answer: ${JSON.stringify(answer)}`);
    await sleep(5);
  }
}

/** Waits until nothing of a replica is there. */
export async function gone(backend: MachineBackend, token: string): Promise<void> {
  await until(
    () => backend.find(owner, token),
    (found) => found === null || found.status === "gone",
    30_000,
  );
}

/** Ends every replica of one state. */
export async function endAll(backend: MachineBackend, whose: Owner): Promise<void> {
  const mine = (await backend.list(whose)).filter((instance) => instance.stateId === whose.stateId);
  await Promise.all(mine.map((instance) => backend.terminate(whose, instance.instance)));
  await until(
    () => backend.list(whose),
    (left) => left.every((instance) => instance.stateId !== whose.stateId),
    30_000,
  );
}

/** The lines of a log that are there now. */
export async function collect(backend: MachineBackend, token: string, tail?: number): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of backend.logs(owner, token, { follow: false, ...(tail === undefined ? {} : { tail }) }))
    lines.push(line);
  return lines;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** When each part arrived. */
  readonly times: readonly number[];
}

/** One request over an address; a body makes it a POST. */
export function get(address: Address, path: string, body?: Uint8Array): Promise<Answer> {
  const to = address.kind === "unix" ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, path, method: body === undefined ? "GET" : "POST", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const times: number[] = [];
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        times.push(Date.now());
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), times }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function answers(address: Address): Promise<boolean> {
  return get(address, "/").then(
    () => true,
    () => false,
  );
}

/** Whether the half-closing fixture answers. */
export async function echoes(address: Address): Promise<boolean> {
  return (await halfClosed(address, "hello").catch(() => "")) === "got hello";
}

/** Sends, closes its half, and reads the answer. */
export function halfClosed(address: Address, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const to = address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
    const socket = connect({ ...to, allowHalfOpen: true }, () => socket.end(text));
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

import { z } from "zod";

import { exitCodes, UserError } from "../lib/user-error.ts";
import { announcedGateways, type Announcement } from "./announcement.ts";
import { askGateway, type ControlRequest } from "./control-client.ts";
import { mergedStatus } from "./merged-status.ts";
import { readStatus, writePublication } from "./publication.ts";
import { readPublishedRoutes, tidyPublishedRoutes, writePublishedRoutes } from "./published-routes.ts";
import type { Publication, Publisher } from "./publisher.ts";

/** How long a gateway that is up may take to answer: it does nothing that takes time. */
const answerMs = 10_000;

const Drained = z.object({ drained: z.boolean() });

/** Publishes to the embedded gateways of one machine: into the runtime directory, and to those that are up. */
export function embeddedPublisher({ runtimeDirectory }: { readonly runtimeDirectory: string }): Publisher {
  return {
    publish: (publication, signal) => publish(runtimeDirectory, publication, signal),
    async status(signal) {
      const answers = await askAll(runtimeDirectory, { method: "GET", path: "/status", timeoutMs: answerMs }, signal);
      return answers.length === 0 ? null : answers.map(({ text }) => readStatus(text)).reduce(mergedStatus);
    },
    async newest(signal) {
      const answers = await askAll(runtimeDirectory, { method: "GET", path: "/status", timeoutMs: answerMs }, signal);
      const served = answers.map(({ text }) => readStatus(text).generation);
      return Math.max(0, (await readPublishedRoutes(runtimeDirectory))?.generation ?? 0, ...served);
    },
    served: () => readPublishedRoutes(runtimeDirectory),
    async drained(upstream, timeoutMs, signal) {
      const path = `/wait?${new URLSearchParams({ upstream, timeout: String(timeoutMs) }).toString()}`;
      const answers = await askAll(runtimeDirectory, { method: "GET", path, timeoutMs: timeoutMs + answerMs }, signal);
      return answers.every(({ text }) => Drained.parse(JSON.parse(text)).drained);
    },
  };
}

async function publish(
  runtimeDirectory: string,
  publication: Publication,
  signal?: AbortSignal,
): Promise<{ acknowledged: boolean }> {
  // The file first: a gateway that starts between the two steps reads it.
  await writePublishedRoutes(runtimeDirectory, publication);
  const body = writePublication(publication);
  const answers = await askAll(runtimeDirectory, { method: "PUT", path: "/routes", body, timeoutMs: answerMs }, signal);
  // 409: it serves a newer generation, which holds all that this one says.
  const refusal = answers.find(({ status }) => status !== 200 && status !== 409);
  if (refusal !== undefined) throw refused(refusal);
  if (answers.length === 0 && publication.routes.length === 0) await tidyPublishedRoutes(runtimeDirectory);
  return { acknowledged: answers.length > 0 };
}

interface Answer {
  readonly gateway: Announcement;
  readonly status: number;
  readonly text: string;
}

/** Answers of the gateways that are up. One that is up and does not answer is an error: what it serves cannot be known. */
async function askAll(
  runtimeDirectory: string,
  asked: ControlRequest,
  signal?: AbortSignal,
): Promise<readonly Answer[]> {
  const gateways = await announcedGateways(runtimeDirectory);
  const answers = await Promise.all(gateways.map((gateway) => askOne(gateway, asked, signal)));
  return answers.filter((answer) => answer !== null);
}

async function askOne(gateway: Announcement, asked: ControlRequest, signal?: AbortSignal): Promise<Answer | null> {
  try {
    const answer = await askGateway(gateway.socket, asked, signal);
    return answer === null ? null : { gateway, ...answer };
  } catch (error) {
    signal?.throwIfAborted();
    throw unresponsive(gateway, "does not answer", error);
  }
}

function unresponsive({ gateway, pid, host, port }: Announcement, what: string, cause?: unknown): UserError {
  return new UserError("gateway-unresponsive", `gateway ${gateway} (process ${pid}, ${host}:${port}) ${what}`, {
    exitCode: exitCodes.failed,
    hint: `see whether process ${pid} is stopped or busy; after stopping it, run the command again`,
    cause,
  });
}

/** A gateway takes no routes that it does not understand whole: what it left out might be what matters. */
function refused({ gateway, status, text }: Answer): UserError {
  const { gateway: name, pid, host, port } = gateway;
  const who = `gateway ${name} (process ${pid}, ${host}:${port})`;
  return new UserError("routes-refused", `${who} refused the routes with ${status}: ${text.trim()}`, {
    exitCode: exitCodes.failed,
    hint: `it is most likely of an earlier version: stop process ${pid}, and start the gateway again`,
  });
}

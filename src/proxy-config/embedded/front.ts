import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import type { Clock } from "../../lib/clock.ts";
import { exitCodes, UserError } from "../../lib/user-error.ts";
import type { Authorize } from "./authorization.ts";
import type { Balanced } from "./balancer.ts";
import { maxHeaderSize } from "./connect.ts";
import { forward } from "./forward.ts";
import { createInFlight } from "./in-flight.ts";
import { answer, answerOnSocket, type LocalAnswer } from "./local-answer.ts";
import type { Admission } from "./routing-table.ts";
import { serviceKey, type Serving } from "./serving.ts";
import { forwardUpgrade, wantsUpgrade } from "./upgrade.ts";

export interface FrontOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly serving: Serving;
  readonly authorize: Authorize;
  readonly clock: Clock;
}

/** The side that clients see. */
export interface Front {
  readonly address: AddressInfo;
  close(drainMs: number): Promise<void>;
}

/** Listens, and passes every admitted request on to an upstream of its service. */
export async function startFront({ listen, serving, authorize, clock }: FrontOptions): Promise<Front> {
  const active = createInFlight();
  const upgraded = new Set<Duplex>();

  const admit = (request: IncomingMessage): Admission<Balanced> => {
    const found = serving.table().find(request.headers.host, request.url ?? "");
    if (found.kind === "refused" || !found.entry.route.auth || authorize(request.headers.authorization)) return found;
    const { project } = found.entry.route;
    return { kind: "refused", status: 403, text: `Unauthenticated or unauthorized to access project ${project}` };
  };

  /** Counts a request as under way until the function it returns is called. */
  const begin = (entry: Balanced): (() => void) => {
    const startedAt = clock.now();
    const end = active.begin();
    return () => {
      serving.record(serviceKey(entry), clock.now() - startedAt);
      end();
    };
  };

  const options = {
    maxHeaderSize,
    // An upload may take as long as it likes; only its head may not.
    requestTimeout: 0,
    headersTimeout: 60_000,
    // Clients are told a shorter time than connections are kept, so that none is used as it closes.
    keepAliveTimeout: 75_000,
    shouldUpgradeCallback: wantsUpgrade,
  };
  const server = createServer(options, (request, response) => {
    const admission = admit(request);
    if (!server.listening || request.headers.expect !== undefined) response.shouldKeepAlive = false;
    if (admission.kind === "refused") return answer(response, localAnswer(admission));
    const onEnd = begin(admission.entry);
    forward({ request, response, target: admission.target, onEnd }, serving.choice(serviceKey(admission.entry)));
  });
  // Whether the client may send its body is decided like everything else, before it is read.
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    // The server has given the connection away: nobody else listens, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy());
    const admission = wantsUpgrade(request) ? admit(request) : notUpgradable;
    if (admission.kind === "refused") return answerOnSocket(socket, localAnswer(admission));
    const onEnd = begin(admission.entry);
    forwardUpgrade(
      { request, socket, head, target: admission.target, onEnd },
      serving.choice(serviceKey(admission.entry)),
    );
  });

  const address = await listening(server, listen);
  const close = async (drainMs: number): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await active.idle(drainMs);
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    await closed;
  };
  return { address, close };
}

const notUpgradable = {
  kind: "refused",
  status: 400,
  text: "Only GET requests without a body can switch protocols",
} as const;

function localAnswer({ status, text, location }: Extract<Admission<unknown>, { kind: "refused" }>): LocalAnswer {
  return { status, text, headers: location === undefined ? [] : ["Location", location] };
}

async function listening(server: Server, { host, port }: FrontOptions["listen"]): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw cannotListen(`${host}:${port}`, cause);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`no address after listening on ${host}:${port}`);
  return address;
}

function cannotListen(where: string, cause: unknown): UserError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const inUse = code === "EADDRINUSE";
  return new UserError(
    "cannot-listen",
    inUse ? `${where} is already in use` : `cannot listen on ${where}: ${String(cause)}`,
    {
      exitCode: exitCodes.failed,
      hint: inUse
        ? "stop the program that listens there, or set another `listen` of the gateway in .dstack/gitops.yml"
        : "set another `listen` of the gateway in .dstack/gitops.yml",
      cause,
    },
  );
}

import { z } from "zod";

import type { GatewayStatus, Publication } from "./publisher.ts";

const Address = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("unix"), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal("tcp"), host: z.string().min(1), port: z.int().min(1).max(65535) }),
]);

const Match = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("host"), host: z.string().min(1) }),
  z.strictObject({ kind: z.literal("path"), prefix: z.string().regex(/^\/(?:.*\/)?$/), strip: z.boolean() }),
]);

const Route = z.strictObject({
  project: z.string(),
  service: z.string(),
  gateway: z.string(),
  match: Match,
  auth: z.boolean(),
  upstreams: z.array(z.strictObject({ id: z.string(), address: Address, weight: z.int().min(1).exactOptional() })),
});

const PublicationDocument = z.strictObject({
  version: z.literal(1),
  generation: z.int().min(0),
  routes: z.array(Route),
});

const Window = z.object({ requests: z.number(), request_time: z.number() });

const UpstreamTraffic = z.object({ requests: z.number(), errors: z.number(), seconds: z.number() });

const StatusDocument = z.object({
  version: z.literal(1),
  generation: z.number(),
  inFlight: z.record(z.string(), z.number()),
  requests: z.record(z.string(), z.object({ "30": Window, "60": Window, "300": Window })),
  countedSince: z.number(),
  // Earlier gateways do not count by upstream.
  upstreams: z.record(z.string(), UpstreamTraffic).default({}),
});

/** A publication as it lies in the runtime directory and travels over control sockets. */
export function writePublication(publication: Publication): string {
  return `${JSON.stringify({ version: 1, generation: publication.generation, routes: publication.routes }, null, 1)}\n`;
}

/** Reads what `writePublication` wrote; throws on anything else. */
export function readPublication(text: string): Publication {
  const { generation, routes } = PublicationDocument.parse(JSON.parse(text));
  return { generation, routes };
}

/** A gateway's answer to `GET /status`. */
export function writeStatus(status: Required<GatewayStatus>): string {
  return `${JSON.stringify({ version: 1, ...status })}\n`;
}

/** Reads what `writeStatus` wrote; throws on anything else. */
export function readStatus(text: string): Required<GatewayStatus> {
  const { version: _, ...status } = StatusDocument.parse(JSON.parse(text));
  return status;
}

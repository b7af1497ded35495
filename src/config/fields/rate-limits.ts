/** How many requests a client may make. */

import { list } from "../schema/composite.ts";
import { integer, number } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { child, type Field, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { oneOf, transform } from "../schema/words.ts";
import type { RateLimitSpec, ServiceSpec } from "../spec.ts";
import { isMapping } from "../yaml/value.ts";

type Key = RateLimitSpec["key"];

const byAddress = object<Extract<Key, { type: "ip_address" }>>({
  type: { schema: oneOf(["ip_address"]), description: "Clients are told apart by address.", example: "ip_address" },
});

const byHeader = object<Extract<Key, { type: "header" }>>({
  type: { schema: oneOf(["header"]), description: "Clients are told apart by a header.", example: "header" },
  header: {
    schema: text({ pattern: /^[a-zA-Z0-9-_]+$/, maxLength: 500, expects: "a header's name" }),
    description: "The header's name.",
    example: "Authorization",
  },
});

const key: Schema<Key> = {
  expects: "a mapping with `type: ip_address` or `type: header`",
  json: () => ({ title: key.expects, anyOf: [byAddress.json(), byHeader.json()] }),
  read: (value, at) => {
    if (!isMapping(value)) return unexpected(key.expects, value, at);
    const type = value.get("type");
    if (type === "header") return byHeader.read(value, at);
    if (type === "ip_address" || type === undefined) return byAddress.read(value, at);
    return unexpected("`ip_address` or `header`", type, child(at, "type"));
  },
};

/** nginx counts requests a minute in 63 bits. */
const maxRequests = 9_223_372_036_854_775_807n;
const maxRps = Number(maxRequests / 60n);

const several = list(
  object<RateLimitSpec>({
    prefix: {
      schema: text({ pattern: /^\/[^\s\\{}]*$/, maxLength: 4094, expects: "a path" }),
      default: "/",
      description: "The paths that the limit applies to; the longest prefix wins.",
      example: "/api/auth/",
    },
    key: {
      schema: key,
      default: { type: "ip_address" },
      writtenDefault: { type: "ip_address" },
      description: "What tells clients apart.",
      example: { type: "header", header: "Authorization" },
    },
    rps: {
      schema: number({ min: 1 / 60, max: maxRps }),
      description: "Requests per second and client; at least one a minute.",
      example: 4,
    },
    burst: {
      schema: integer({ min: 0, max: maxRequests }),
      default: 0,
      description: "How many requests may come at once above that.",
      example: 9,
    },
  }),
);

export const rate_limits: Field<ServiceSpec["rate_limits"]> = {
  schema: transform(several, (limits, at) => {
    const seen = new Set<string>();
    const repeated = new Set<string>();
    for (const { prefix } of limits) (seen.has(prefix) ? repeated : seen).add(prefix);
    if (repeated.size === 0) return limits;
    const listed = Array.from(repeated, (prefix) => `'${prefix}'`).join(", ");
    return refuse(at, `Prefixes [${listed}] are used more than once. Each rate limit should have a unique path prefix`);
  }),
  default: [],
  description: "How many requests each client may make. Needs a gateway.",
  example: [
    { prefix: "/api/auth/", rps: 1 },
    { rps: 4, burst: 9 },
  ],
};

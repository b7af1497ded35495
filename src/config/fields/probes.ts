/** How a replica shows that it is ready. */

import { canonicalJson } from "../../lib/canonical-json.ts";
import { list } from "../schema/composite.ts";
import { integer } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type At, child, type Field, invalid, pathOf, refuse, refuseToPlan, type Schema } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, nullMeans, oneOf, transform } from "../schema/words.ts";
import type { ProbeSpec, ServiceSpec } from "../spec.ts";
import type { YamlValue } from "../yaml/value.ts";
import { isList, isMapping } from "../yaml/value.ts";
import { duration } from "./duration.ts";
import { templateWithoutSecrets } from "./template.ts";

const maxTimeout = 300;
const maxProbes = 10;

const url = transform(
  templateWithoutSecrets({ maxLength: 2048 }),
  (path, at) => {
    if (!path.startsWith("/")) return refuse(at, "Must start with `/`");
    return /[\p{C}\u2028\u2029\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u.test(path)
      ? refuse(at, "Cannot contain non-printable characters")
      : path;
  },
  { title: "a path, with a query or without", type: "string", pattern: "^/" },
);

const timeout = transform(
  duration({ min: 1, tooShort: "Probe timeout cannot be shorter than 1s" }),
  (seconds, at) => {
    if (seconds > maxTimeout) refuseToPlan(at, `Probe timeout cannot be longer than ${maxTimeout}s`);
    return seconds;
  },
  { maximum: maxTimeout },
);

const headers = list(
  object<ProbeSpec["headers"][number]>({
    name: { schema: text({ minLength: 1, maxLength: 256 }), description: "The header's name.", example: "X-API-Key" },
    value: {
      schema: templateWithoutSecrets({ minLength: 1, maxLength: 2048 }),
      description: "The header's value. May refer to `${{ env.NAME }}`.",
      example: "${{ env.API_KEY }}",
    },
  }),
  { maxItems: 16 },
);

/** A probe property that may be given as nothing, which is its default. */
function orDefault<T>(schema: Schema<T>, value: T): { readonly schema: Schema<T>; readonly default: T } {
  return { schema: nullMeans(schema, value), default: value };
}

const probe = object<ProbeSpec>(
  {
    type: { schema: oneOf(["http"]), description: "The kind of probe.", example: "http" },
    url: {
      ...orDefault(url, "/"),
      description: "Path and query of the request. May refer to `${{ env.NAME }}`.",
      example: "/health",
    },
    method: {
      ...orDefault(oneOf(["get", "post", "put", "delete", "patch", "head"]), "get"),
      description: "The request's method.",
      example: "post",
    },
    headers: {
      schema: headers,
      default: [],
      description: "Headers of the request, at most 16.",
      example: [{ name: "X-API-Key", value: "${{ env.API_KEY }}" }],
    },
    body: {
      schema: nullable(templateWithoutSecrets({ minLength: 1, maxLength: 2048 })),
      default: null,
      description: "Body of the request. May refer to `${{ env.NAME }}`.",
      example: '{"level": 2}',
    },
    timeout: {
      ...orDefault(timeout, 10),
      writtenDefault: "10s",
      description: "How long an answer may take; at most 5 minutes.",
      example: "20s",
    },
    interval: {
      ...orDefault(duration({ min: 1, tooShort: "Probe interval cannot be shorter than 1s" }), 15),
      writtenDefault: "15s",
      description: "Time from the end of one execution to the next.",
      example: "5s",
    },
    ready_after: {
      ...orDefault(integer({ min: 1 }), 1),
      description: "Successes in a row after which the probe counts as ready.",
      example: 3,
    },
    until_ready: {
      ...orDefault(boolean, false),
      description: "Stop probing once the replica is ready.",
      example: true,
    },
  },
  { check: checkBody },
);

/** A body without a method passes, and is sent with GET: the reference's quirk (facts §7). */
function checkBody({ body, method }: ProbeSpec, at: At, given: ReadonlyMap<string, YamlValue>): void {
  const explicit = (given.get("method") ?? null) !== null;
  if (body === null || !explicit || (method !== "get" && method !== "head")) return;
  refuse(child(at, "body"), `Cannot set request body for the \`${method}\` method`, {
    related: { path: [...pathOf(at), "method"], message: "the method" },
  });
}

const several = list(probe);

const probesSchema: Schema<readonly ProbeSpec[]> = {
  ...several,
  json: () => ({ ...several.json(), maxItems: maxProbes, uniqueItems: true }),
  read: (value, at) => {
    const read = several.read(value, at);
    if (read === invalid || !isList(value)) return read;
    if (read.length > maxProbes) refuseToPlan(at, `Cannot configure more than ${maxProbes} probes`);
    if (read.length < 2) return read;
    const seen = new Map<string, number>();
    for (const [index, element] of read.entries()) {
      const key = canonicalJson([element, givenKeys(value[index])]);
      const first = seen.get(key);
      if (first !== undefined)
        return refuse(child(at, index), "Probes must be unique", {
          related: { path: [...pathOf(at), first], message: "the same probe" },
        });
      seen.set(key, index);
    }
    return read;
  },
};

/** Two probes are the same only if they also say the same: an explicit default differs from none, but for headers. */
function givenKeys(value: YamlValue | undefined): readonly string[] {
  if (!isMapping(value)) return [];
  return [...value].flatMap(([key, member]) => (member === null || key === "headers" ? [] : [key])).toSorted();
}

export const probes: Field<ServiceSpec["probes"]> = {
  schema: probesSchema,
  default: [],
  description: "HTTP requests that tell whether a replica is ready.",
  example: [{ type: "http", url: "/health", interval: "15s" }],
};

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

import { Ajv } from "ajv";
import { z } from "zod";

const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.looseObject({ get: z.looseObject({ operationId: z.string(), responses: z.unknown() }) }),
  ),
});
const Responses = z.object({
  200: z.object({ content: z.object({ "application/json": z.object({ schema: z.object({ $ref: z.string() }) }) }) }),
});

/** What happens to a request instead of its being answered as usual. */
export type ApiFault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "garbage" }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

export interface GitHubApi extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly { readonly operation: string; readonly headers: IncomingHttpHeaders }[];
  /** What there is, by path. Members of the operation's answer; the others are made up, and the whole is checked against GitHub's own description. */
  readonly resources: Map<string, Readonly<Record<string, unknown>>>;
  fault: ApiFault | null;
}

/** GitHub's API as its published description has it, for the operations that are described in the fixture, behind a token. */
export async function startGitHubApi(token: string): Promise<GitHubApi> {
  const text = await readFile(join(import.meta.dirname, "../fixtures/github/runs.openapi.json"), "utf8");
  const description: unknown = JSON.parse(text);
  const operations = Object.entries(Document.parse(description).paths).map(([path, { get }]) => ({
    name: get.operationId,
    pattern: new RegExp(
      `^${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (/_id|number/.test(name) ? "\\d+" : "[^/]+"))}$`,
    ),
    schema: Responses.parse(get.responses)[200].content["application/json"].schema.$ref,
  }));
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema({ ...asObject(description), $id: "github" });
  const requests: { operation: string; headers: IncomingHttpHeaders }[] = [];

  const server = createServer((request, response) => answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const api: GitHubApi = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    resources: new Map(),
    fault: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;

  function answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const send = (status: number, body: unknown, more: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...more });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const operation = operations.find(({ pattern }) => method === "GET" && pattern.test(url));
    requests.push({ operation: operation?.name ?? `${method} ${url}`, headers });
    if (operation === undefined) return send(501, { message: "not described" });
    if (headers.authorization !== `Bearer ${token}`) return send(401, { message: "Bad credentials" });
    if (headers["user-agent"] === undefined) return send(403, { message: "Request forbidden by administrative rules" });
    const { fault } = api;
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") return void response.socket?.destroy();
    if (fault?.kind === "garbage") return send(200, "{ not JSON");
    if (fault?.kind === "status") return send(fault.status, { message: "refused" }, fault.headers);
    const members = api.resources.get(url);
    if (members === undefined) return send(404, { message: "Not Found" });
    const body = { ...asObject(madeUp(resolve(operation.schema))), ...members };
    if (!ajv.validate({ $ref: `github${operation.schema}` }, body)) return send(501, { message: ajv.errorsText() });
    send(200, body);
  }

  function resolve(reference: string): unknown {
    return reference
      .slice(2)
      .split("/")
      .reduce<unknown>((value, key) => asObject(value)[key], description);
  }

  /** The least that fits a schema. */
  function madeUp(given: unknown): unknown {
    const schema = asObject(given);
    if (typeof schema["$ref"] === "string") return madeUp(resolve(schema["$ref"]));
    // A nullable one of given words allows them alone, as OpenAPI 3.0 reads it.
    if (schema["nullable"] === true && schema["enum"] === undefined) return null;
    const [one] = z
      .array(z.unknown())
      .catch([])
      .parse(schema["enum"] ?? schema["anyOf"] ?? schema["oneOf"] ?? schema["allOf"]);
    if (one !== undefined) return schema["enum"] === undefined ? madeUp(one) : one;
    if (schema["type"] === "object") {
      const properties = asObject(schema["properties"]);
      const required = z.array(z.string()).catch([]).parse(schema["required"]);
      return Object.fromEntries(required.map((name) => [name, madeUp(properties[name])]));
    }
    const least: Readonly<Record<string, unknown>> = { string: "", integer: 1, number: 1, boolean: false, array: [] };
    return least[String(schema["type"])];
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).catch({}).parse(value);
}

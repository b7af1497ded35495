import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { connect } from "node:net";

import { Pool } from "undici";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { systemClock } from "../../../src/lib/clock.ts";
import type { Upstream } from "../../../src/proxy-config/routes.ts";
import { bytesOf, eventually, pathRoute, scratch, sendRaw, startGateway, startReplica } from "../servers.ts";

const base = "/proxy/services/main/web";
const Seen = z.object({
  id: z.string(),
  method: z.string(),
  url: z.string(),
  headers: z.array(z.string()),
  body: z.string(),
});
type Seen = z.infer<typeof Seen>;

/** Answers with what it was asked. */
function echo(id: string): RequestListener {
  return (request, response) => void answerSeen(id, request, response);
}

async function answerSeen(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await bytesOf(request)).toString("latin1");
  const { method = "", url = "", rawHeaders } = request;
  response.end(JSON.stringify({ id, method, url, headers: rawHeaders, body } satisfies Seen));
}

/** Values of a header, as an upstream got them. */
function valuesOf(seen: Seen, name: string): readonly string[] {
  return seen.headers.filter((_, index) => index % 2 === 1 && seen.headers[index - 1]?.toLowerCase() === name);
}

const gone: Upstream = { id: "gone-1", address: { kind: "unix", path: "/nonexistent/gone.sock" } };

async function ask(port: number, request: string): Promise<{ readonly head: string; readonly seen: Seen }> {
  const text = await sendRaw(port, request);
  const [head = "", bytes = ""] = text.split("\r\n\r\n");
  const body = Buffer.from(bytes, "latin1").toString("utf8");
  return { head, seen: Seen.parse(JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1))) };
}

describe("a request", () => {
  it("reaches the upstream as the client wrote it, less what belongs to the connection", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const headers = ["Host: gw:1", "x-CASE: 1", "Cookie: a=1", "Cookie: b=2", "X-Latin: \u00e9\u00ff", "Accept: */*"];
    const ours = [
      "X-Forwarded-For: 1.1.1.1, 2.2.2.2",
      "X-Forwarded-For: 3.3.3.3",
      "X-Real-IP: 1.1.1.1",
      "X-Forwarded-Proto: https",
    ];
    const theirs = [
      "Forwarded: for=1.1.1.1",
      "X-Forwarded-Host: evil",
      "TE: trailers",
      "Keep-Alive: 5",
      "Proxy-Authorization: x",
    ];
    const connection = ["Connection: close, X-Hop, host, content-length", "X-Hop: 1", "Content-Length: 3"];
    const request = [
      `PATCH ${base}/a%2f//b/../c?x=%20&y HTTP/1.1`,
      ...headers,
      ...ours,
      ...theirs,
      ...connection,
      "",
      "abc",
    ];
    const { seen } = await ask(gateway.port, request.join("\r\n"));
    expect(seen).toMatchObject({ id: "web-1", method: "PATCH", url: "/a%2f//b/../c?x=%20&y", body: "abc" });
    const names = seen.headers.filter((_, index) => index % 2 === 0).join(" ");
    expect(names).toBe(
      "host connection x-CASE Cookie Cookie X-Latin Accept X-Forwarded-For X-Forwarded-Proto X-Real-IP X-Forwarded-Host content-length",
    );
    expect(valuesOf(seen, "x-forwarded-for")).toEqual(["1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1"]);
    expect(valuesOf(seen, "x-forwarded-proto")).toEqual(["http"]);
    expect(valuesOf(seen, "x-real-ip")).toEqual(["127.0.0.1"]);
    expect(valuesOf(seen, "x-forwarded-host")).toEqual(["gw:1"]);
    expect(valuesOf(seen, "host")).toEqual(["gw:1"]);
    expect(valuesOf(seen, "x-latin")).toEqual(["\u00e9\u00ff"]);
    expect(valuesOf(seen, "connection")).toEqual(["keep-alive"]);
  });

  it.each(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])(
    "of method %s is passed on, over a socket and with a body",
    async (method) => {
      await using place = await scratch();
      await using replica = await startReplica("web-1", echo("web-1"), place.directory);
      await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
      const head = `${method} ${base}/ HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n`;
      const plain = await ask(gateway.port, `${head}\r\n`);
      expect(plain.seen).toMatchObject({ method, url: "/", body: "" });
      const counted = await ask(gateway.port, `${head}Content-Length: 5\r\n\r\nhello`);
      expect(counted.seen).toMatchObject({ method, body: "hello" });
      const chunked = await ask(gateway.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
      expect(chunked.seen).toMatchObject({ method, body: "hello" });
    },
  );

  it("that asks first is told to continue once an upstream is there, and not when it is refused", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    const routes = [
      pathRoute("web", [replica.upstream]),
      pathRoute("locked", [replica.upstream], { auth: true }),
      pathRoute("none", []),
    ];
    await using gateway = await startGateway(routes);
    const expecting = (service: string) =>
      `POST /proxy/services/main/${service}/ HTTP/1.1\r\nHost: gw\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
    expect(await sendRaw(gateway.port, expecting("web"), "\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    for (const [service, status] of [
      ["locked", "403"],
      ["none", "503"],
    ] as const) {
      const refusal = await sendRaw(gateway.port, expecting(service));
      expect(refusal).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\nConnection: close\r\n`));
    }
    await eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);
  });

  it("with a head of 60 KB passes both ways, and one of 70 KB is refused", async () => {
    await using replica = await startReplica("web-1", (request, response) => {
      response.setHeader("X-Back", String(request.headers["x-large"]));
      response.end();
    });
    replica.server.maxHeadersCount = 0;
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const request = (bytes: number) =>
      `GET ${base}/ HTTP/1.1\r\nHost: gw\r\nConnection: close\r\nX-Large: ${"x".repeat(bytes)}\r\n\r\n`;
    expect((await sendRaw(gateway.port, request(15_000))).length).toBeGreaterThan(15_000);
    expect(await sendRaw(gateway.port, request(70_000))).toMatch(/^HTTP\/1.1 431 /);
  });
});

describe("a message that two readers might understand in two ways", () => {
  const smuggled = "GET /evil HTTP/1.1\r\nHost: gw\r\n\r\n";
  it.each([
    ["both lengths", `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["two lengths", `Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${smuggled}`],
    ["a signed length", `Content-Length: +5\r\n\r\nhello${smuggled}`],
    ["an unknown coding", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunked and not last", `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a space before the colon", `Content-Length : 5\r\n\r\nhello${smuggled}`],
    ["a bare line feed", `X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a folded header", `X: a\r\n Transfer-Encoding: chunked\r\n\r\n${smuggled}`],
    ["a second host", `Host: other\r\n\r\n${smuggled}`],
  ])("(%s) is refused and nothing after it is read", async (_, rest) => {
    const urls: (string | undefined)[] = [];
    await using replica = await startReplica("web-1", (request, response) => {
      urls.push(request.url);
      request.resume();
      response.end();
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    expect(await sendRaw(gateway.port, `POST ${base}/ HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n${rest}`)).toMatch(
      /^HTTP\/1.1 400 /,
    );
    expect(urls).toEqual([]);
  });

  it("(an upgrade to HTTP/2) is read as if it did not ask for one", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const headers =
      "Host: gw\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    const { seen } = await ask(gateway.port, `POST ${base}/ HTTP/1.1\r\n${headers}Content-Length: 2\r\n\r\nhi`);
    expect(seen.body).toBe("hi");
    expect([...valuesOf(seen, "upgrade"), ...valuesOf(seen, "http2-settings")]).toEqual([]);
  });
});

describe("an answer", () => {
  const listener: RequestListener = (request, response) => {
    const status = Number(request.url?.slice(1));
    if (status === 204 || status === 304) return void response.writeHead(status, ["ETag", '"x"']).end();
    if (request.url === "/head") return void response.writeHead(200, { "Content-Length": "1000" }).end();
    if (request.url === "/trailers") {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": "42" });
      return void response.end();
    }
    const hop = ["Connection", "X-Hop", "X-Hop", "1", "Keep-Alive", "timeout=9", "Proxy-Authenticate", "Basic"];
    const headers = [
      ...hop,
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "X-Latin",
      "\u00e9",
      "Date",
      "then",
      "Server",
      "us",
    ];
    return void response.writeHead(418, "short and stout", headers).end("tea");
  };

  it.each([
    ["GET /204", /^HTTP\/1.1 204 No Content\r\nETag: "x"\r\n[^]*\r\n\r\n$/],
    ["GET /304", /^HTTP\/1.1 304 Not Modified\r\nETag: "x"\r\n[^]*\r\n\r\n$/],
    ["HEAD /head", /^HTTP\/1.1 200 OK\r\nContent-Length: 1000\r\n[^]*\r\n\r\n$/],
    ["GET /trailers", /\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/],
    [
      "GET /",
      /^HTTP\/1.1 418 short and stout\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: \u00e9\r\nDate: then\r\nServer: us\r\n(?![^]*(X-Hop|Keep-Alive|Proxy))[^]*tea/,
    ],
  ])("to %s comes back whole", async (request, expected) => {
    await using replica = await startReplica("web-1", listener);
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const [method, path] = request.split(" ");
    expect(
      await sendRaw(gateway.port, `${method} ${base}${path} HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n`),
    ).toMatch(expected);
  });

  it("without a length from an HTTP/1.0 upstream comes back whole", async () => {
    await using replica = await startReplica("web-1", (request) =>
      request.socket.end("HTTP/1.0 200 OK\r\n\r\nto the end"),
    );
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/`);
    expect([response.status, await response.text()]).toEqual([200, "to the end"]);
  });

  it("to an HTTP/1.0 client ends with its connection", async () => {
    await using replica = await startReplica(
      "web-1",
      (_, response) => response.write("part ") && response.end("whole"),
    );
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    expect(await sendRaw(gateway.port, `GET ${base}/ HTTP/1.0\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 OK\r\n(?![^]*chunked)[^]*Connection: close\r\n\r\npart whole$/,
    );
  });

  it.each([
    [
      "hints before it",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      200,
    ],
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 502],
    ["a head beyond 64 KB", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 502],
    [
      "two ways to find its end",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      502,
    ],
    ["a switch that nobody asked for", "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 502],
    ["nothing at all", "", 502],
  ])("with %s", async (_, bytes, status) => {
    await using replica = await startReplica("web-1", (request) => void request.socket.end(bytes));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/`);
    await response.text();
    expect(response.status).toBe(status);
    await eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);
  });

  it.each([
    ["with a length", "Content-Length: 100\r\n\r\nhalf"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("that breaks off %s does not end cleanly", async (_, rest) => {
    await using replica = await startReplica("web-1", (request) => request.socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/`);
    await expect(response.text()).rejects.toThrow("terminated");
    await eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);
  });
});

describe("where there is no answer", () => {
  it.each([
    ["no upstream", [], 503, "No replica of this service is ready\n"],
    [
      "none that can be reached",
      [gone, { ...gone, id: "gone-2" }],
      502,
      "No replica of this service could be reached\n",
    ],
  ])("(%s) the client is told", async (_, upstreams, status, text) => {
    await using gateway = await startGateway([pathRoute("web", upstreams)]);
    const response = await fetch(`${gateway.origin}${base}/`, { method: "POST", body: "x" });
    expect([response.status, await response.text(), response.headers.get("retry-after")]).toEqual([
      status,
      text,
      status === 503 ? "5" : null,
    ]);
    expect(gateway.inFlight()).toEqual({});
  });

  it("in time the client is told, and the upstream stops", async () => {
    let left = false;
    await using replica = await startReplica("web-1", (request) => void request.once("close", () => (left = true)));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])], { headersTimeoutMs: 100 });
    const response = await fetch(`${gateway.origin}${base}/`);
    expect([response.status, await response.text()]).toEqual([504, "The service did not answer in time\n"]);
    await eventually("the upstream's request ends", () => left);
  });

  it("from one upstream the next one is asked, whatever the method, with the whole body", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([pathRoute("web", [gone, replica.upstream])]);
    for (let round = 0; round < 6; round += 1) {
      const response = await fetch(`${gateway.origin}${base}/`, { method: "POST", body: "x".repeat(100_000) });
      expect(Seen.parse(await response.json()).body.length).toBe(100_000);
    }
  });

  it.each([
    ["GET", 2, 200],
    ["POST", 1, 502],
  ])("because a connection broke, a %s is sent %i time(s)", async (method, sent, status) => {
    let requests = 0;
    await using replica = await startReplica("web-1", (request, response) => {
      requests += 1;
      if (requests === 1) request.socket.destroy();
      else response.end("second");
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/`, { method });
    expect([response.status, requests]).toEqual([status, sent]);
  });
});

describe("authorization", () => {
  const statuses: readonly (readonly [string, string | null, number])[] = [
    ["none", null, 403],
    ["a wrong token", "Bearer second-toke", 403],
    ["a longer token", "Bearer second-token1", 403],
    ["another case", "Bearer SECOND-TOKEN", 403],
    ["another scheme", "Basic second-token", 403],
    ["no scheme", "second-token", 403],
    ["two tokens", "Bearer second-token second-token", 403],
    ["an empty token", "Bearer ", 403],
    ["a token", "Bearer second-token", 200],
    ["the other token", "Bearer first.token", 200],
    ["a scheme in lower case", "bearer second-token", 200],
  ];
  it.each(statuses)("with %s", async (_, header, status) => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream], { auth: true })], {
      tokens: ["first.token", "second-token", ""],
    });
    const response = await fetch(
      `${gateway.origin}${base}/`,
      header === null ? {} : { headers: { Authorization: header } },
    );
    const refusal = "Unauthenticated or unauthorized to access project main\n";
    expect([response.status, (await response.text()) === refusal]).toEqual([status, status === 403]);
  });

  it("without any token of the gateway's lets nobody in, and no other route is touched", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([
      pathRoute("web", [replica.upstream], { auth: true }),
      pathRoute("open", [replica.upstream]),
    ]);
    expect((await fetch(`${gateway.origin}${base}/`, { headers: { Authorization: "Bearer " } })).status).toBe(403);
    expect((await fetch(`${gateway.origin}/proxy/services/main/open/`)).status).toBe(200);
  });
});

describe("load", () => {
  it("goes to the upstream with the fewest requests in flight, and in turn among equals", async () => {
    const held: ServerResponse[] = [];
    const counts = { "web-1": 0, "web-2": 0, "web-3": 0 };
    const listener =
      (id: keyof typeof counts): RequestListener =>
      (request, response) => {
        counts[id] += 1;
        if (request.url === "/hold") held.push(response);
        else response.end(id);
      };
    await using one = await startReplica("web-1", listener("web-1"));
    await using two = await startReplica("web-2", listener("web-2"));
    await using three = await startReplica("web-3", listener("web-3"));
    await using gateway = await startGateway([pathRoute("web", [one.upstream, two.upstream, three.upstream])]);
    const waiting = fetch(`${gateway.origin}${base}/hold`);
    await eventually("it is held", () => held.length === 1);
    for (let round = 0; round < 30; round += 1) await (await fetch(`${gateway.origin}${base}/`)).text();
    expect(Object.values(counts).toSorted((a, b) => a - b)).toEqual([1, 15, 15]);
    held[0]?.end();
    await (await waiting).text();
  });

  it("is counted by service: what reached or should have reached a replica", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    const routes = [
      pathRoute("web", [replica.upstream]),
      pathRoute("none", []),
      pathRoute("locked", [replica.upstream], { auth: true }),
    ];
    await using gateway = await startGateway(routes);
    for (const service of ["web", "web", "none", "locked", "nowhere"]) {
      await (await fetch(`${gateway.origin}/proxy/services/main/${service}/`)).text();
    }
    const counts = async (): Promise<Record<string, number>> => {
      const requests = Object.entries((await gateway.publisher.status())?.requests ?? {});
      return Object.fromEntries(requests.map(([service, windows]) => [service, windows["60"].requests]));
    };
    await eventually("the last is counted", async () => (await counts())["main/none"] === 1);
    expect(await counts()).toEqual({ "main/web": 2, "main/none": 1, "main/locked": 0 });
  });
});

describe("a connection", () => {
  it("is kept for many requests, answered in order", async () => {
    await using replica = await startReplica("web-1", (request, response) => {
      setTimeout(() => response.end(`answer ${request.url}`), request.url === "/1" ? 30 : 0);
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const requests = [1, 2, 3].map((number) => `GET ${base}/${number} HTTP/1.1\r\nHost: gw\r\n\r\n`).join("");
    const text = await sendRaw(gateway.port, requests, "answer /3");
    expect(text.match(/answer \/\d/g)).toEqual(["answer /1", "answer /2", "answer /3"]);
  });

  it("goes on after an upload that the upstream did not want to read", async () => {
    await using replica = await startReplica("web-1", (request, response) => {
      if (request.method === "POST") response.writeHead(413, { Connection: "close" }).end("too large");
      else response.end("fine");
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const pool = new Pool(gateway.origin, { connections: 1 });
    const large = Buffer.alloc(5_000_000);
    for (let round = 0; round < 3; round += 1) {
      const refused = await pool
        .request({ method: "POST", path: `${base}/`, body: large })
        .catch((error: unknown) => error);
      if (refused instanceof Error) throw refused;
      const after = await pool.request({ method: "GET", path: `${base}/` });
      expect(await after.body.text()).toBe("fine");
    }
    await pool.close();
  });

  it("that sends its head too slowly holds nothing up", async () => {
    await using replica = await startReplica("web-1", echo("web-1"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const slow = Array.from({ length: 50 }, () => connect(gateway.port, "127.0.0.1").on("error", () => {}));
    for (const socket of slow) socket.write(`POST ${base}/ HTTP/1.1\r\nHost: gw\r\nContent-Len`);
    await systemClock.sleep(20);
    expect((await fetch(`${gateway.origin}${base}/`)).status).toBe(200);
    expect(gateway.inFlight()).toEqual({});
    for (const socket of slow) socket.destroy();
  });
});

import type { RequestListener } from "node:http";
import { connect } from "node:net";

import { describe, expect, it } from "vitest";

import { createTraffic } from "../../../src/proxy-config/embedded/traffic.ts";
import type { UpstreamTraffic } from "../../../src/proxy-config/publisher.ts";
import type { Upstream } from "../../../src/proxy-config/routes.ts";
import { eventually, pathRoute, type RunningGateway, sendRaw, startGateway, startReplica } from "../servers.ts";

const base = "/proxy/services/main/web";
const none = { requests: 0, errors: 0, seconds: 0 };

/** Answers with the status that a path names; cuts, hangs or begins and hangs where it says so; holds answers back until `/end`. */
function scripted(held: (() => void)[] = []): RequestListener {
  return (request, response) => {
    const what = (request.url ?? "").slice(1);
    if (what === "cut") return void request.socket.destroy();
    if (what === "half") return void response.write("half", () => request.socket.destroy());
    if (what === "begin" || what === "begin-failing")
      return void response.writeHead(what === "begin" ? 200 : 503).write("half");
    if (what === "hang") return;
    if (what === "hold") return void held.push(() => response.end("held"));
    if (what === "end") for (const end of held.splice(0)) end();
    response.writeHead(Number(what) || 200).end();
  };
}

async function ask(gateway: RunningGateway, path: string, init: RequestInit = {}): Promise<void> {
  await fetch(`${gateway.origin}${base}/${path}`, init)
    .then((response) => response.text())
    .catch(() => "cut");
}

async function traffic(gateway: RunningGateway): Promise<Readonly<Record<string, UpstreamTraffic>>> {
  return (await gateway.publisher.status())?.upstreams ?? {};
}

/** How many requests each upstream has ended, and failed. */
async function counts(gateway: RunningGateway): Promise<Readonly<Record<string, readonly [number, number]>>> {
  const entries = Object.entries(await traffic(gateway));
  return Object.fromEntries(entries.map(([id, { requests, errors }]) => [id, [requests, errors]]));
}

/** A client that leaves once the upstream has its request, and maybe the head of its answer. */
async function leave(gateway: RunningGateway, request: string, after: string | null): Promise<void> {
  const socket = connect(gateway.port, "127.0.0.1", () => socket.write(request));
  const received: string[] = [];
  socket.on("error", () => {});
  socket.on("data", (chunk) => received.push(chunk.toString("latin1")));
  await eventually("it is under way", () =>
    after === null ? gateway.inFlight()["web-1"] === 1 : received.join("").includes(after),
  );
  socket.destroy();
  await eventually("nothing in flight", () => gateway.inFlight()["web-1"] === undefined);
}

const get = (path: string): string => `GET ${base}/${path} HTTP/1.1\r\nHost: gw\r\n\r\n`;

describe("a request counts", () => {
  it.each([
    ["200", "GET", [1, 0]],
    ["404", "GET", [1, 0]],
    ["499", "POST", [1, 0]],
    ["500", "GET", [1, 1]],
    ["503", "POST", [1, 1]],
    ["half", "GET", [1, 1]],
    // A request that can do no harm is sent once more; both have failed.
    ["cut", "GET", [2, 2]],
    ["cut", "POST", [1, 1]],
  ] as const)("answered with %s to %s as %j: requests, and errors of them", async (path, method, expected) => {
    await using replica = await startReplica("web-1", scripted());
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    await ask(gateway, path, method === "POST" ? { method, body: "x" } : {});
    await eventually("it is counted", async () => (await counts(gateway))["web-1"]?.[0] === expected[0]);
    expect(await counts(gateway)).toEqual({ "web-1": expected });
  });

  it("as the replica's failure where it takes no connection, and not as the next one's", async () => {
    const gone: Upstream = { id: "gone-1", address: { kind: "unix", path: "/nonexistent/gone.sock" } };
    await using replica = await startReplica("web-1", scripted());
    await using gateway = await startGateway([pathRoute("web", [gone, replica.upstream])]);
    await ask(gateway, "200");
    await eventually("it is counted", async () => (await counts(gateway))["web-1"]?.[0] === 1);
    expect(await counts(gateway)).toEqual({ "gone-1": [1, 1], "web-1": [1, 0] });
  });

  it("as the replica's failure where it does not answer in time", async () => {
    await using replica = await startReplica("web-1", scripted());
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])], { headersTimeoutMs: 50 });
    await ask(gateway, "hang");
    await eventually("it is counted", async () => (await counts(gateway))["web-1"]?.[0] === 1);
    expect(await counts(gateway)).toEqual({ "web-1": [1, 1] });
  });

  it.each([
    { when: "before there is an answer", request: get("hang"), after: null, errors: 0 },
    { when: "in the middle of an answer", request: get("begin"), after: "half", errors: 0 },
    { when: "in the middle of a failure", request: get("begin-failing"), after: "half", errors: 1 },
    {
      when: "in the middle of its upload",
      request: `POST ${base}/hang HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\n\r\nhe`,
      after: null,
      errors: 0,
    },
  ])("as no failure for a client that leaves $when, but of what was answered", async ({ request, after, errors }) => {
    let asked = 0;
    const listener = scripted();
    await using replica = await startReplica("web-1", (message, response) => {
      asked += 1;
      listener(message, response);
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    await leave(gateway, request, after);
    expect(asked).toBeLessThanOrEqual(1);
    expect(await counts(gateway)).toEqual({ "web-1": [1, errors] });
  });

  it("when it switches protocols, not for as long as that lasts", async () => {
    await using replica = await startReplica("web-1", scripted());
    replica.server.on("upgrade", (_, socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const upgrade = `GET ${base}/ HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const socket = connect(gateway.port, "127.0.0.1", () => socket.write(upgrade));
    socket.on("error", () => {});
    await eventually("it is counted", async () => (await counts(gateway))["web-1"]?.[0] === 1);
    expect(gateway.inFlight()).toEqual({ "web-1": 1 });
    socket.destroy();
    await eventually("nothing in flight", () => gateway.inFlight()["web-1"] === undefined);
    expect(await counts(gateway)).toEqual({ "web-1": [1, 0] });
  });

  it("not where it asked no replica", async () => {
    await using replica = await startReplica("web-1", scripted());
    await using gateway = await startGateway([pathRoute("web", [replica.upstream], { auth: true })]);
    await ask(gateway, "200");
    expect(await sendRaw(gateway.port, "GET /nowhere HTTP/1.1\r\nConnection: close\r\nHost: gw\r\n\r\n")).toContain(
      " 404 ",
    );
    expect(await traffic(gateway)).toEqual({ "web-1": none });
  });
});

describe("traffic", () => {
  it("has the mean of the seconds to the end, and none of a clock that was set back", () => {
    const counted = createTraffic();
    for (const ms of [100, 200, 600]) counted.record("a", "well", ms);
    counted.record("b", "failed", -3_600_000);
    expect(counted.read(["a", "b", "c"])).toEqual({
      a: { requests: 3, errors: 0, seconds: 0.3 },
      b: { requests: 1, errors: 1, seconds: 0 },
      c: none,
    });
  });

  it("of a route counts from when the last of its upstreams joined, and goes with an upstream", async () => {
    const held: (() => void)[] = [];
    await using one = await startReplica("web-1", scripted(held));
    await using two = await startReplica("web-2", scripted(held));
    const [old, fresh] = [one.upstream, two.upstream];
    await using gateway = await startGateway([pathRoute("web", [old])]);
    await ask(gateway, "200");
    const waiting = ask(gateway, "hold");
    await eventually("one has ended, one is under way", async () => (await counts(gateway))["web-1"]?.[0] === 1);
    await eventually("it is under way", () => gateway.inFlight()["web-1"] === 1);

    // What is not of this route changes nothing, nor does a weight.
    await gateway.serve([pathRoute("web", [{ ...old, weight: 2 }]), pathRoute("other", [])]);
    expect(await counts(gateway)).toEqual({ "web-1": [1, 0] });
    await gateway.serve([pathRoute("web", [old, fresh])]);
    expect(await counts(gateway)).toEqual({ "web-1": [0, 0], "web-2": [0, 0] });
    for (let round = 0; round < 4; round += 1) await ask(gateway, "200");
    await ask(gateway, "end");
    await waiting;
    // The request that began before is not among them.
    await eventually("all are counted", async () => {
      const now = await counts(gateway);
      return (now["web-1"]?.[0] ?? 0) + (now["web-2"]?.[0] ?? 0) >= 5;
    });
    expect(gateway.inFlight()).toEqual({});
    const before = await counts(gateway);
    expect((before["web-1"]?.[0] ?? 0) + (before["web-2"]?.[0] ?? 0)).toBe(5);
    await gateway.serve([pathRoute("web", [fresh])]);
    expect(await counts(gateway)).toEqual({ "web-2": before["web-2"] });
    await gateway.serve([]);
    expect(await counts(gateway)).toEqual({});
  });
});

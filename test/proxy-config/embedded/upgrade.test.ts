import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

import { WebSocket } from "undici";
import { describe, expect, it } from "vitest";

import {
  eventually,
  pathRoute,
  type RunningUpstream,
  scratch,
  sendRaw,
  startGateway,
  startReplica,
} from "../servers.ts";

const base = "/proxy/services/main/web";

/** A replica that echoes the frames of WebSockets as text, unmasked, and knows no more of the protocol. */
async function webSocketEcho(directory?: string): Promise<RunningUpstream> {
  const replica = await startReplica(
    "web-1",
    (_, response) => response.writeHead(426, { "X-Why": "upgrade" }).end("upgrade, please"),
    directory,
  );
  replica.server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    if (request.url === "/declined")
      return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno");
    const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${guid}`).digest("base64");
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      received = echoFrames(received, socket);
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
  });
  return replica;
}

/** Answers the whole frames in `received` (short masked ones), and returns what is left. */
function echoFrames(received: Buffer, socket: Duplex): Buffer {
  let rest = received;
  for (;;) {
    const length = (rest[1] ?? 0) & 0x7f;
    if (rest.length < 6 + length) return rest;
    const opcode = (rest[0] ?? 0) & 0x0f;
    const mask = rest.subarray(2, 6);
    const payload = rest.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    socket.write(Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]));
    if (opcode === 8) socket.end();
    rest = rest.subarray(6 + length);
  }
}

describe("a WebSocket", () => {
  it.each([["tcp"], ["unix"]])(
    "talks both ways over %s, is in flight while it is open, and not after",
    async (kind) => {
      await using place = await scratch();
      await using replica = await webSocketEcho(kind === "unix" ? place.directory : undefined);
      await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
      const socket = new WebSocket(`${gateway.origin.replace("http", "ws")}${base}/chat?x=1`);
      const received: string[] = [];
      socket.addEventListener("message", (event) => received.push(String(event.data)));
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      for (const text of ["one", "two", "three"]) socket.send(text);
      await eventually("all came back", () => received.length === 3);
      expect(received).toEqual(["one", "two", "three"]);
      expect(gateway.inFlight()).toEqual({ "web-1": 1 });

      // Its upstream leaves the routes: it goes on, and is waited for.
      await gateway.serve([pathRoute("web", [])]);
      expect(await gateway.publisher.drained?.("web-1", 20)).toBe(false);
      socket.send("four");
      await eventually("it goes on", () => received.length === 4);
      const drained = gateway.publisher.drained?.("web-1", 5_000);
      socket.close();
      expect(await drained).toBe(true);
      expect(gateway.inFlight()).toEqual({});
    },
  );

  it("whose client vanishes ends at the upstream, and the other way round", async () => {
    const sockets: Duplex[] = [];
    await using replica = await webSocketEcho();
    replica.server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => sockets.push(socket));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const upgrade = `GET ${base}/ HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`;
    const client = connect(gateway.port, "127.0.0.1", () => client.write(upgrade));
    await eventually("it is open", () => sockets.length === 1);
    client.resetAndDestroy();
    await eventually("it is gone", () => sockets[0]?.destroyed === true && gateway.inFlight()["web-1"] === undefined);

    const other = sendRaw(gateway.port, upgrade);
    await eventually("another is open", () => sockets.length === 2);
    sockets[1]?.destroy();
    expect(await other).toMatch(/^HTTP\/1.1 101 /);
    await eventually("it is gone, too", () => gateway.inFlight()["web-1"] === undefined);
  });
});

describe("a request to switch protocols", () => {
  const upgrade = (path: string, protocol = "websocket") =>
    `GET ${path} HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

  it("to any protocol passes bytes on, those that came with it included", async () => {
    await using replica = await startReplica("web-1", (_, response) => response.end());
    replica.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.write(
        `HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\nX-Seen: ${request.url}\r\n\r\nhello `,
      );
      if (head.length > 0) socket.write(head);
      socket.pipe(socket);
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const text = await sendRaw(gateway.port, `${upgrade(`${base}/x?y`, "tcp")}early bytes`, "early bytes");
    expect(text).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nX-Seen: /x?y\r\n\r\nhello early bytes",
    );
  });

  it.each([
    ["declined", `${base}/declined`, /^HTTP\/1.1 403 Forbidden\r\n(?=[^]*X-Why: no)[^]*\r\n\r\nno$/],
    ["not found", "/nowhere/", /^HTTP\/1.1 404 Not Found\r\n[^]*No service is served here\n$/],
    ["unauthorized", "/proxy/services/main/locked/", /^HTTP\/1.1 403 Forbidden\r\n[^]*Unauthenticated or unauthorized/],
    ["without a replica", "/proxy/services/main/none/", /^HTTP\/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n/],
    ["to a dead replica", "/proxy/services/main/dead/", /^HTTP\/1.1 502 Bad Gateway\r\n/],
  ])("that is %s is answered, and the connection ends", async (_, path, expected) => {
    await using replica = await webSocketEcho();
    await using gateway = await startGateway([
      pathRoute("web", [replica.upstream]),
      pathRoute("locked", [replica.upstream], { auth: true }),
      pathRoute("none", []),
      pathRoute("dead", [{ id: "dead-1", address: { kind: "unix", path: "/nonexistent/dead.sock" } }]),
    ]);
    expect(await sendRaw(gateway.port, upgrade(path))).toMatch(expected);
    await eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);
  });

  it("from clients that leave at once harms nobody", async () => {
    await using replica = await webSocketEcho();
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    for (const path of [`${base}/`, `${base}/declined`, "/nowhere/"]) {
      for (let round = 0; round < 50; round += 1) {
        const client = connect(gateway.port, "127.0.0.1").on("error", () => {});
        client.write(upgrade(path), () => client.resetAndDestroy());
      }
    }
    await eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);
    expect(await sendRaw(gateway.port, upgrade(`${base}/declined`))).toContain(" 403 ");
  });
});

import { createHash } from "node:crypto";
import { type IncomingMessage, request as httpRequest, type RequestListener } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { Pool } from "undici";
import { describe, expect, it } from "vitest";

import { systemClock } from "../../../src/lib/clock.ts";
import { eventually, pathRoute, scratch, startGateway, startReplica } from "../servers.ts";

const base = "/proxy/services/main/web";
const megabyte = 1024 * 1024;

/** Bytes that are made as they are read. */
function* bytes(total: number): Generator<Buffer> {
  const chunk = Buffer.alloc(megabyte, "0123456789abcdef");
  for (let sent = 0; sent < total; sent += megabyte) yield chunk;
}

function digestOf(chunks: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** The largest resident memory of this process while something ran, above what it was before, in MB. */
async function memoryOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  await work();
  clearInterval(timer);
  return (most - before) / megabyte;
}

const nothingInFlight = (gateway: { inFlight: () => object }) =>
  eventually("nothing in flight", () => Object.keys(gateway.inFlight()).length === 0);

describe("a stream", () => {
  it("arrives event by event, its head before the first", async () => {
    let next: (data: string) => void = () => {};
    let end = (): void => {};
    await using replica = await startReplica("web-1", (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      next = (data) => void response.write(`data: ${data}\n\n`);
      end = () => void response.end();
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.getReader();
    for (const data of ["one", "two"]) {
      next(data);
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(`data: ${data}\n\n`);
    }
    expect(gateway.inFlight()).toEqual({ "web-1": 1 });
    end();
    expect((await reader?.read())?.done).toBe(true);
    await nothingInFlight(gateway);
  });

  it("of a request arrives piece by piece, and its answer may begin before it ends", async () => {
    await using replica = await startReplica("web-1", (request, response) => {
      request.on("data", (chunk: Buffer) => response.write(`got ${chunk.toString()};`));
      request.on("end", () => response.end("end"));
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const request = httpRequest(`${gateway.origin}${base}/`, { method: "POST" });
    request.write("one");
    const response = await new Promise<IncomingMessage>((resolve) => request.once("response", resolve));
    const chunks: AsyncIterator<unknown> = response[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe("got one;");
    request.write("two");
    expect(String((await chunks.next()).value)).toBe("got two;");
    request.end();
    expect(String((await chunks.next()).value)).toBe("end");
  });

  it("of 200 MB comes down whole in bounded memory, no faster than the client reads", async () => {
    const total = 200 * megabyte;
    let sent = 0;
    await using place = await scratch();
    await using replica = await startReplica(
      "web-1",
      (_, response) => {
        function* counted(): Generator<Buffer> {
          for (const chunk of bytes(total)) {
            sent += chunk.length;
            yield chunk;
          }
        }
        void pipeline(Readable.from(counted()), response).catch(() => {});
      },
      place.directory,
    );
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const hash = createHash("sha256");
    const used = await memoryOf(async () => {
      const pool = new Pool(gateway.origin);
      const { body } = await pool.request({ method: "GET", path: `${base}/` });
      await systemClock.sleep(300);
      // Nobody reads yet: what is on its way fills buffers, and no more.
      expect(sent).toBeLessThan(20 * megabyte);
      for await (const chunk of body) hash.update(Buffer.from(chunk));
      await pool.close();
    });
    expect(hash.digest("hex")).toBe(digestOf(bytes(total)));
    expect(used).toBeLessThan(150);
  });

  it("of 200 MB goes up whole in bounded memory, no faster than the upstream reads", async () => {
    const total = 200 * megabyte;
    let sent = 0;
    const hash = createHash("sha256");
    let read = (): void => {};
    await using replica = await startReplica("web-1", (request, response) => {
      read = () => void request.on("data", (chunk: Buffer) => hash.update(chunk)).on("end", () => response.end("done"));
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    function* counted(): Generator<Buffer> {
      for (const chunk of bytes(total)) {
        sent += chunk.length;
        yield chunk;
      }
    }
    const used = await memoryOf(async () => {
      const pool = new Pool(gateway.origin);
      const answered = pool.request({
        method: "PUT",
        path: `${base}/`,
        body: Readable.from(counted(), { objectMode: false, highWaterMark: megabyte }),
      });
      await systemClock.sleep(300);
      expect(sent).toBeLessThan(20 * megabyte);
      read();
      expect(await (await answered).body.text()).toBe("done");
      await pool.close();
    });
    expect(hash.digest("hex")).toBe(digestOf(bytes(total)));
    expect(used).toBeLessThan(150);
  });
});

describe("a client that goes away", () => {
  /** Tells when a request came, and when it ended before its answer did. */
  function watched(answerSome: boolean) {
    const seen = { came: 0, left: 0 };
    const listener: RequestListener = (request, response) => {
      seen.came += 1;
      request.resume();
      response.once("close", () => (seen.left += 1));
      if (answerSome) response.write("some");
    };
    return { seen, listener };
  }

  it.each([
    ["before the answer", "GET", false],
    ["in the middle of the answer", "GET", true],
    ["in the middle of an upload", "POST", false],
    ["in the middle of both", "POST", true],
  ])("%s leaves nothing in flight, and the upstream hears of it", async (_, method, answerSome) => {
    const { seen, listener } = watched(answerSome);
    await using replica = await startReplica("web-1", listener);
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const clients = Array.from({ length: 20 }, () => {
      const client = httpRequest(`${gateway.origin}${base}/`, { method });
      client.on("error", () => {});
      client.on("response", (response) => response.on("error", () => {}).resume());
      if (method === "POST") client.write("x".repeat(10_000));
      else client.end();
      return client;
    });
    await eventually("all came", () => seen.came === 20);
    expect(gateway.inFlight()).toEqual({ "web-1": 20 });
    for (const client of clients) client.destroy();
    await eventually("all left", () => seen.left === 20);
    await nothingInFlight(gateway);
    expect((await gateway.publisher.status())?.inFlight).toEqual({});
  });

  it("in the middle of a fast answer, again and again, ends nothing but its own request", async () => {
    await using replica = await startReplica("web-1", (_, response) => {
      void pipeline(Readable.from(bytes(50 * megabyte)), response).catch(() => {});
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const leave = (after: number): Promise<void> =>
      new Promise((resolve) => {
        const client = connect(gateway.port, "127.0.0.1");
        let received = 0;
        client.on("error", () => {}).on("close", () => resolve());
        client.on("data", (chunk: Buffer) => {
          received += chunk.length;
          if (received <= after) return;
          if (after % 2 === 0) client.destroy();
          else client.resetAndDestroy();
        });
        client.write(`GET ${base}/ HTTP/1.1\r\nHost: gw\r\n\r\n`);
      });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => leave(index * 100_001)));
    }
    await nothingInFlight(gateway);
    expect((await fetch(`${gateway.origin}${base}/`, { method: "HEAD" })).status).toBe(200);
  });

  it("with answers waiting behind one another leaves nothing in flight", async () => {
    const { seen, listener } = watched(true);
    await using replica = await startReplica("web-1", listener);
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const client = connect(gateway.port, "127.0.0.1");
    client.write(`GET ${base}/ HTTP/1.1\r\nHost: gw\r\n\r\n`.repeat(5));
    await eventually("all came", () => seen.came === 5);
    client.destroy();
    await eventually("all left", () => seen.left === 5);
    await gateway.close({ drain: 30_000 });
    expect(gateway.inFlight()).toEqual({});
  });

  it("while a connection to the upstream is still being made leaves nothing in flight", async () => {
    // A port of a network that answers nothing (RFC 5737), so that connecting takes its time.
    const silent = { id: "web-1", address: { kind: "tcp", host: "192.0.2.1", port: 9 } } as const;
    await using gateway = await startGateway([pathRoute("web", [silent])]);
    const client = httpRequest(`${gateway.origin}${base}/`, { method: "POST" });
    client.on("error", () => {});
    client.write("x");
    await systemClock.sleep(50);
    client.destroy();
    await nothingInFlight(gateway);
    expect((await gateway.publisher.status())?.inFlight).toEqual({});
  });
});

import type { RequestListener } from "node:http";

import { Pool } from "undici";
import { describe, expect, it } from "vitest";

import { systemClock } from "../../../src/lib/clock.ts";
import { pathRoute, scratch, startGateway, startReplica } from "../servers.ts";

const base = "/proxy/services/main/web";

/** Answers at once under `/`, and with ten events over about a second under `/sse` and `/chunks`. */
function serviceOf(id: string): RequestListener {
  return (request, response) => {
    if (request.url === "/") return void response.end(id);
    const isSse = request.url === "/sse";
    response.writeHead(200, { "Content-Type": isSse ? "text/event-stream" : "text/plain" });
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      response.write(isSse ? `data: ${sent}\n\n` : `${sent}\n`);
      if (sent < 10) return;
      clearInterval(timer);
      response.end("end");
    }, 100);
  };
}

describe("while routes change", () => {
  it(
    "not one of 20,000 keep-alive requests fails in 200 changes, and requests follow the routes",
    { timeout: 120_000 },
    async () => {
      await using place = await scratch();
      await using one = await startReplica("web-1", serviceOf("web-1"), place.directory);
      await using two = await startReplica("web-2", serviceOf("web-2"));
      await using three = await startReplica("web-3", serviceOf("web-3"), place.directory);
      const sets = [[one], [two], [one, two], [three], [two, three]];
      await using gateway = await startGateway([pathRoute("web", [one.upstream])]);
      const pool = new Pool(gateway.origin, { connections: 20 });
      const failures: string[] = [];
      const answers = new Map<string, number>();
      const count = { requests: 0, flips: 0 };

      const client = async (): Promise<void> => {
        while (count.requests < 20_000 || count.flips < 200) {
          count.requests += 1;
          const method = count.requests % 4 === 0 ? "POST" : "GET";
          try {
            const { statusCode, body } = await pool.request({
              method,
              path: `${base}/`,
              body: method === "POST" ? "x" : null,
            });
            const text = await body.text();
            answers.set(text, (answers.get(text) ?? 0) + 1);
            if (statusCode !== 200) failures.push(`${statusCode} ${text}`);
          } catch (error) {
            failures.push(String(error));
          }
        }
      };
      const flip = async (): Promise<void> => {
        while (count.flips < 200) {
          const enough = Math.min(20_000, count.requests + 90);
          const serving = sets[count.flips % sets.length] ?? [];
          await gateway.serve([
            pathRoute(
              "web",
              serving.map(({ upstream }) => upstream),
            ),
          ]);
          count.flips += 1;
          const gone = [one, two, three].filter((replica) => !serving.includes(replica));
          for (const { upstream } of gone) expect(await gateway.publisher.drained?.(upstream.id, 5_000)).toBe(true);
          // Spread over the requests, so that each set of routes gets some.
          while (count.requests < enough) await systemClock.sleep(1);
        }
      };
      await Promise.all([flip(), ...Array.from({ length: 20 }, client)]);
      await pool.close();
      expect(failures).toEqual([]);
      expect([...answers.keys()].sort()).toEqual(["web-1", "web-2", "web-3"]);
      expect([...answers.values()].reduce((a, b) => a + b)).toBe(count.requests);
      expect(count.requests).toBeGreaterThanOrEqual(20_000);
    },
  );

  it("streams of an upstream that leaves run to their end, and draining waits for them and no longer", async () => {
    await using one = await startReplica("web-1", serviceOf("web-1"));
    await using two = await startReplica("web-2", serviceOf("web-2"));
    await using gateway = await startGateway([pathRoute("web", [one.upstream])]);
    const streams = Array.from({ length: 10 }, async (_, index) => {
      const response = await fetch(`${gateway.origin}${base}/${index % 2 === 0 ? "sse" : "chunks"}`);
      return response.text();
    });
    await systemClock.sleep(250);
    expect(gateway.inFlight()).toEqual({ "web-1": 10 });
    await gateway.serve([pathRoute("web", [two.upstream])]);
    expect(await (await fetch(`${gateway.origin}${base}/`)).text()).toBe("web-2");
    expect(await gateway.publisher.drained?.("web-1", 50)).toBe(false);

    let ended = 0;
    const all = Promise.all(streams.map(async (stream) => (await stream, (ended += 1))));
    expect(await gateway.publisher.drained?.("web-1", 10_000)).toBe(true);
    const endedAtAnswer = ended;
    await all;
    for (const [index, stream] of streams.entries()) {
      const numbers = Array.from({ length: 10 }, (_, number) =>
        index % 2 === 0 ? `data: ${number + 1}\n\n` : `${number + 1}\n`,
      );
      expect(await stream).toBe(`${numbers.join("")}end`);
    }
    expect(endedAtAnswer).toBeGreaterThan(0);
    expect(gateway.inFlight()).toEqual({});
  });

  it("an upstream that left and came back serves again, also at another address", async () => {
    await using one = await startReplica("web-1", serviceOf("old"));
    await using again = await startReplica("web-1", serviceOf("new"));
    await using gateway = await startGateway([pathRoute("web", [one.upstream])]);
    const ask = async () => (await fetch(`${gateway.origin}${base}/`)).text();
    const stream = fetch(`${gateway.origin}${base}/chunks`).then((response) => response.text());
    expect(await ask()).toBe("old");
    await gateway.serve([]);
    expect(await ask()).toBe("No service is served here\n");
    await gateway.serve([pathRoute("web", [one.upstream])]);
    expect(await ask()).toBe("old");
    await gateway.serve([pathRoute("web", [again.upstream])]);
    expect(await ask()).toBe("new");
    expect(await stream).toMatch(/^1\n.*10\nend$/s);
  });

  it("an upstream that is routed is never drained", async () => {
    await using one = await startReplica("web-1", serviceOf("web-1"));
    await using gateway = await startGateway([pathRoute("web", [one.upstream])]);
    expect(await gateway.publisher.drained?.("web-1", 100)).toBe(false);
    expect(await gateway.publisher.drained?.("never-seen", 100)).toBe(true);
  });

  it("an upstream that dies under load costs no repeatable request", async () => {
    const survivor = await startReplica("web-1", serviceOf("web-1"));
    const victim = await startReplica("web-2", serviceOf("web-2"));
    await using gateway = await startGateway([pathRoute("web", [survivor.upstream, victim.upstream])]);
    const pool = new Pool(gateway.origin, { connections: 10 });
    const answers: string[] = [];
    async function client(): Promise<void> {
      for (let request = 0; request < 200; request += 1) {
        const { statusCode, body } = await pool.request({ method: "GET", path: `${base}/` });
        answers.push(`${statusCode} ${await body.text()}`);
        if (answers.length === 500) await victim[Symbol.asyncDispose]();
      }
    }
    await Promise.all(Array.from({ length: 10 }, client));
    expect([...new Set(answers)].toSorted()).toEqual(["200 web-1", "200 web-2"]);
    expect(answers.slice(-500)).not.toContain("200 web-2");
    await pool.close();
    await survivor[Symbol.asyncDispose]();
  });
});

import type { RequestListener } from "node:http";

import { Pool } from "undici";
import { describe, expect, it } from "vitest";

import type { Upstream } from "../../../src/proxy-config/routes.ts";
import { pathRoute, startGateway, startReplica } from "../servers.ts";

const base = "/proxy/services/main/web";

/** Answers with who it is, after so many milliseconds. */
function named(id: string, delayMs = 0): RequestListener {
  return (_, response) => void setTimeout(() => response.end(id), delayMs);
}

/** How many of 1,000 requests each upstream answered, so many of them at a time. */
async function answers(
  origin: string,
  concurrency: number,
  between: (done: number) => Promise<void> = async () => {},
): Promise<Readonly<Record<string, number>>> {
  const pool = new Pool(origin, { connections: concurrency });
  const counts: Record<string, number> = {};
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < 1_000) {
      begun += 1;
      await between(begun);
      const { statusCode, body } = await pool.request({ method: "GET", path: `${base}/` });
      const id = statusCode === 200 ? await body.text() : String(statusCode);
      counts[id] = (counts[id] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  await pool.close();
  return counts;
}

function weighted({ upstream }: { readonly upstream: Upstream }, weight: number): Upstream {
  return { ...upstream, weight };
}

describe("a share of the requests", () => {
  it.each([
    { name: "of 10 %, one at a time", concurrency: 1, weights: [1, 9], share: 100, slow: 0 },
    { name: "of 10 %, two at a time", concurrency: 2, weights: [1, 9], share: 100, slow: 2 },
    { name: "of 10 %, to a canary that is slow", concurrency: 8, weights: [1, 9], share: 100, slow: 20 },
    { name: "of a half, to a canary that is slow", concurrency: 4, weights: [5, 5], share: 500, slow: 4 },
    { name: "of 90 %", concurrency: 4, weights: [9, 1], share: 900, slow: 0 },
  ])("$name, comes out", { timeout: 60_000 }, async ({ concurrency, weights: [canary, other], share, slow }) => {
    await using fresh = await startReplica("web-2", named("web-2", slow));
    await using old = await startReplica("web-1", named("web-1"));
    await using gateway = await startGateway([
      pathRoute("web", [weighted(old, other ?? 1), weighted(fresh, canary ?? 1)]),
    ]);
    const counts = await answers(gateway.origin, concurrency);
    expect(counts["web-2"]).toBeGreaterThan(share - 30);
    expect(counts["web-2"]).toBeLessThan(share + 30);
    expect((counts["web-1"] ?? 0) + (counts["web-2"] ?? 0)).toBe(1_000);
  });

  it("comes out though other services' routes change all the time", { timeout: 60_000 }, async () => {
    await using fresh = await startReplica("web-2", named("web-2"));
    await using old = await startReplica("web-1", named("web-1"));
    const web = pathRoute("web", [weighted(old, 99), weighted(fresh, 1)]);
    await using gateway = await startGateway([web]);
    const counts = await answers(gateway.origin, 1, async (done) => {
      if (done % 20 === 0) await gateway.serve([web, pathRoute(`other-${done}`, [])]);
    });
    expect(counts).toEqual({ "web-1": 990, "web-2": 10 });
  });

  it("within a side still goes to the upstream with the fewest requests in flight", { timeout: 60_000 }, async () => {
    await using fresh = await startReplica("web-3", named("web-3"));
    await using stuck = await startReplica("web-2", named("web-2", 60_000));
    await using old = await startReplica("web-1", named("web-1"));
    await using gateway = await startGateway([
      pathRoute("web", [weighted(old, 9), weighted(stuck, 9), weighted(fresh, 2)]),
    ]);
    const controller = new AbortController();
    const held = Array.from({ length: 3 }, () =>
      fetch(`${gateway.origin}${base}/`, { signal: controller.signal }).catch(() => "cut"),
    );
    await expect.poll(() => gateway.inFlight()).toEqual({ "web-2": 1 });
    const counts = await answers(gateway.origin, 1);
    expect(counts["web-2"]).toBeUndefined();
    expect(counts["web-3"]).toBeGreaterThan(70);
    controller.abort();
    await Promise.all(held);
  });

  it("goes to the others while the canary cannot be reached", { timeout: 60_000 }, async () => {
    await using old = await startReplica("web-1", named("web-1"));
    const gone = { id: "web-2", address: { kind: "unix", path: "/nonexistent/web-2.sock" }, weight: 9 } as const;
    await using gateway = await startGateway([pathRoute("web", [weighted(old, 1), gone])]);
    expect(await answers(gateway.origin, 2)).toEqual({ "web-1": 1_000 });
    const { requests = 0, errors } = (await gateway.publisher.status())?.upstreams?.["web-2"] ?? {};
    // A canary that rests is asked for nothing: once a second.
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThan(100);
    expect(errors).toBe(requests);
  });
});

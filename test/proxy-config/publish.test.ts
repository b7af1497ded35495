import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { describe, expect, it } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { startEmbeddedGateway } from "../../src/proxy-config/embedded.ts";
import { readPublication, readStatus, writePublication } from "../../src/proxy-config/publication.ts";
import { embeddedPublisher } from "../../src/proxy-config/publish.ts";
import { readPublishedRoutes, writePublishedRoutes } from "../../src/proxy-config/published-routes.ts";
import { eventually, pathRoute, scratch, startGateway, startReplica } from "./servers.ts";

const base = "/proxy/services/main";

describe("publishing without a gateway", () => {
  it("keeps the newest routes for one that comes, readable by nobody else", async () => {
    await using place = await scratch();
    const publisher = embeddedPublisher({ runtimeDirectory: place.directory });
    const publish = (generation: number) =>
      publisher.publish({ generation, routes: [pathRoute(`web${generation}`, [])] });
    for (const generation of [3, 5, 4, 5]) expect(await publish(generation)).toEqual({ acknowledged: false });
    expect(await readPublishedRoutes(place.directory)).toEqual({ generation: 5, routes: [pathRoute("web5", [])] });
    const names = await readdir(join(place.directory, "routes"));
    expect(names).toEqual(["000000000005.json"]);
    expect((await stat(join(place.directory, "routes", names[0] ?? ""))).mode & 0o777).toBe(0o600);
    expect(await publisher.status()).toBeNull();
    expect(await publisher.drained?.("web-1", 1_000)).toBe(true);
  });

  it("replaces routes of the same generation", async () => {
    await using place = await scratch();
    await writePublishedRoutes(place.directory, { generation: 1, routes: [pathRoute("a", [])] });
    expect(await writePublishedRoutes(place.directory, { generation: 1, routes: [pathRoute("b", [])] })).toBe(true);
    expect((await readPublishedRoutes(place.directory))?.routes).toEqual([pathRoute("b", [])]);
  });

  it("ends with the newest generation, however many processes publish at once", async () => {
    await using place = await scratch();
    const publish = async (offset: number): Promise<void> => {
      const child = fork(join(import.meta.dirname, "../fixtures/publish-generations.ts"), [
        place.directory,
        String(offset),
        "4",
      ]);
      await once(child, "exit");
      expect(child.exitCode).toBe(0);
    };
    await Promise.all([0, 1, 2, 3].map(publish));
    expect((await readPublishedRoutes(place.directory))?.generation).toBe(200 * 4 - 1);
  });
});

describe("a publication without routes", () => {
  it("without a gateway leaves nothing behind", async () => {
    await using place = await scratch();
    const runtimeDirectory = join(place.directory, "runtime");
    const publisher = embeddedPublisher({ runtimeDirectory });
    await publisher.publish({ generation: 1, routes: [pathRoute("web", [])] });
    await publisher.publish({ generation: 2, routes: [] });
    expect(await readdir(place.directory)).toEqual([]);
    await publisher.publish({ generation: 3, routes: [pathRoute("web", [])] });
    expect((await readPublishedRoutes(runtimeDirectory))?.generation).toBe(3);
  });

  it("stays while a gateway is up, and goes with it; one with routes stays", async () => {
    await using place = await scratch();
    await using gateway = await startGateway([], { runtimeDirectory: place.directory });
    expect((await readdir(place.directory)).toSorted()).toEqual(["gateways", "routes"]);
    await gateway.serve([pathRoute("web", [])]);
    await gateway.close({ drain: 0 });
    expect(await readdir(place.directory)).toEqual(["routes"]);
    await using again = await startGateway([], { runtimeDirectory: place.directory });
    expect(await again.publisher.publish({ generation: 99, routes: [] })).toEqual({ acknowledged: true });
    await again.close({ drain: 0 });
    expect(await readdir(join(place.directory, "..")).then((names) => names.includes(basename(place.directory)))).toBe(
      false,
    );
  });
});

describe("publishing to a gateway", () => {
  it("is acknowledged once it serves, and an older generation is left alone", async () => {
    await using replica = await startReplica("web-1", (_, response) => response.end("hi"));
    await using gateway = await startGateway([]);
    const { publisher } = gateway;
    const ask = async () => (await fetch(`${gateway.origin}${base}/web/`)).status;
    expect(await publisher.publish({ generation: 10, routes: [pathRoute("web", [replica.upstream])] })).toEqual({
      acknowledged: true,
    });
    expect([await ask(), (await publisher.status())?.generation]).toEqual([200, 10]);
    expect(await publisher.publish({ generation: 9, routes: [] })).toEqual({ acknowledged: true });
    expect([await ask(), (await publisher.status())?.generation]).toEqual([200, 10]);
    expect(await publisher.publish({ generation: 10, routes: [] })).toEqual({ acknowledged: true });
    expect([await ask(), (await publisher.status())?.generation]).toEqual([404, 10]);
  });

  it("reaches it also as a file alone, as a command leaves it that is killed half-way", async () => {
    await using gateway = await startGateway([]);
    await writePublishedRoutes(gateway.directory, { generation: 7, routes: [pathRoute("web", [])] });
    await eventually("it serves them", async () => (await fetch(`${gateway.origin}${base}/web/`)).status === 503);
    expect((await gateway.publisher.status())?.generation).toBe(7);
  });

  it("reaches one that starts later, and only routes of its name", async () => {
    await using place = await scratch();
    const routes = [pathRoute("ours", []), pathRoute("theirs", [], { gateway: "edge" })];
    await embeddedPublisher({ runtimeDirectory: place.directory }).publish({ generation: 1, routes });
    await using gateway = await startGateway(routes, { runtimeDirectory: place.directory });
    const statusOf = async (service: string) => (await fetch(`${gateway.origin}${base}/${service}/`)).status;
    expect([await statusOf("ours"), await statusOf("theirs")]).toEqual([503, 404]);
  });

  it("reaches all gateways of a directory, and sums what is in flight", async () => {
    await using place = await scratch();
    await using replica = await startReplica("web-1", () => {});
    await using main = await startGateway([], { runtimeDirectory: place.directory });
    await using edge = await startGateway([], { runtimeDirectory: place.directory, gateway: "edge" });
    const routes = [pathRoute("web", [replica.upstream]), pathRoute("web", [replica.upstream], { gateway: "edge" })];
    expect(await main.publisher.publish({ generation: 5, routes })).toEqual({ acknowledged: true });
    const ended = [main, edge].map((gateway) => fetch(`${gateway.origin}${base}/web/`).catch(() => "cut"));
    await eventually("both are in flight", async () => (await main.publisher.status())?.inFlight["web-1"] === 2);
    await edge.close({ drain: 0 });
    expect((await main.publisher.status())?.inFlight).toEqual({ "web-1": 1 });
    await main.close({ drain: 0 });
    expect(await Promise.all(ended)).toEqual(["cut", "cut"]);
    expect(await main.publisher.status()).toBeNull();
  });

  it("sums what all gateways of a directory have counted of a service", async () => {
    await using place = await scratch();
    await using replica = await startReplica("web-1", (_, response) => response.end("ok"));
    await using main = await startGateway([], { runtimeDirectory: place.directory });
    await using edge = await startGateway([], { runtimeDirectory: place.directory, gateway: "edge" });
    const routes = [
      pathRoute("web", [replica.upstream]),
      pathRoute("web", [replica.upstream], { gateway: "edge" }),
      pathRoute("api", [replica.upstream], { gateway: "edge" }),
    ];
    await main.publisher.publish({ generation: 5, routes });
    const paths = [`${main.origin}${base}/web/`, `${edge.origin}${base}/web/`, `${edge.origin}${base}/api/`];
    for (const url of [...paths, ...paths.slice(0, 1)]) await (await fetch(url)).text();
    const requests = (await main.publisher.status())?.requests ?? {};
    const counts = Object.entries(requests).map(([name, windows]) => [name, windows["300"].requests]);
    expect(Object.fromEntries(counts)).toEqual({ "main/web": 3, "main/api": 1 });
  });

  it("gives up when it is told to", async () => {
    await using replica = await startReplica("web-1", () => {});
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const cut = fetch(`${gateway.origin}${base}/web/`).catch(() => "cut");
    await eventually("it is in flight", () => gateway.inFlight()["web-1"] === 1);
    const controller = new AbortController();
    const drained = gateway.publisher.drained?.("web-1", 60_000, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(drained).rejects.toThrow("aborted");
    await gateway.close({ drain: 0 });
    expect(await cut).toBe("cut");
  });
});

describe("a publication that a gateway does not understand whole", () => {
  it("is refused, saying so, and leaves what is served as it is", async () => {
    await using replica = await startReplica("web-1", (_, response) => response.end("hi"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    // As a later version might write it.
    const later = { ...pathRoute("web", []), mirrors: "everything" };
    const refusal: unknown = await gateway.publisher
      .publish({ generation: 9, routes: [later] })
      .catch((error: unknown) => error);
    const hint = `it is most likely of an earlier version: stop process ${process.pid}, and start the gateway again`;
    expect(refusal).toMatchObject({ name: "UserError", code: "routes-refused", exitCode: 1, hint });
    const who = `gateway main (process ${process.pid}, 127.0.0.1:${gateway.port})`;
    expect(String(refusal)).toContain(`${who} refused the routes with 400: `);
    expect((await gateway.publisher.status())?.generation).toBe(1);
    expect((await fetch(`${gateway.origin}${base}/web/`)).status).toBe(200);
    await gateway.close({ drain: 0 });
    expect(await readdir(join(gateway.directory, "routes"))).toEqual(["000000000009.json"]);
  });

  it.each([0, -1, 1.5, "2", null])("has a weight that is none: %j", (weight) => {
    const route = pathRoute("web", [{ id: "web-1", address: { kind: "unix", path: "/run/web-1" } }]);
    const written = writePublication({ generation: 1, routes: [route] });
    const weighted = written.replace('"id":', `"weight": ${JSON.stringify(weight)}, "id":`);
    expect(readPublication(written).routes).toEqual([route]);
    expect(() => readPublication(weighted)).toThrow("weight");
  });
});

describe("a publication with weights", () => {
  it("comes back as it was written", () => {
    const address = { kind: "tcp", host: "127.0.0.1", port: 80 } as const;
    const upstreams = [
      { id: "web-1", address, weight: 9 },
      { id: "web-2", address, weight: 1 },
    ];
    const publication = { generation: 1, routes: [pathRoute("web", upstreams), pathRoute("plain", [])] };
    expect(readPublication(writePublication(publication))).toEqual(publication);
  });
});

describe("the status", () => {
  it("of a gateway that does not count by upstream is read as one that has counted none", () => {
    const status = { version: 1, generation: 1, inFlight: {}, requests: {}, countedSince: 5 };
    const { version: _, ...rest } = status;
    expect(readStatus(JSON.stringify(status))).toEqual({ ...rest, upstreams: {} });
  });

  it("of several gateways sums what became of requests", async () => {
    await using place = await scratch();
    await using replica = await startReplica("web-1", (request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end();
    });
    await using main = await startGateway([], { runtimeDirectory: place.directory });
    await using edge = await startGateway([], { runtimeDirectory: place.directory, gateway: "edge" });
    const { upstream } = replica;
    const routes = [pathRoute("web", [upstream]), pathRoute("web", [upstream], { gateway: "edge" })];
    await main.publisher.publish({ generation: 5, routes });
    for (const [gateway, status] of [
      [main, 200],
      [main, 500],
      [edge, 500],
    ] as const)
      await (await fetch(`${gateway.origin}${base}/web/${status}`)).text();
    const traffic = async () => (await main.publisher.status())?.upstreams?.["web-1"];
    await eventually("all are counted", async () => (await traffic())?.requests === 3);
    expect(await traffic()).toMatchObject({ requests: 3, errors: 2 });
  });
});

describe("a second gateway", () => {
  const start = (runtimeDirectory: string, port: number, gateway = "main") =>
    startEmbeddedGateway({
      listen: { host: "127.0.0.1", port },
      runtimeDirectory,
      gateway,
      tokens: [],
      clock: systemClock,
    });

  it("of the same name says who is first, whatever its port", async () => {
    await using first = await startGateway([]);
    for (const port of [0, first.port]) {
      await expect(start(first.directory, port)).rejects.toMatchObject({
        name: "UserError",
        code: "gateway-running",
        exitCode: 1,
        message: `gateway main is already served by process ${process.pid} on 127.0.0.1:${first.port}`,
      });
    }
    expect(await first.publisher.status()).not.toBeNull();
  });

  it("on the same port says so, and leaves nothing behind", async () => {
    await using place = await scratch();
    await using first = await startGateway([]);
    await expect(start(place.directory, first.port)).rejects.toMatchObject({
      name: "UserError",
      code: "cannot-listen",
      exitCode: 1,
      message: `127.0.0.1:${first.port} is already in use`,
    });
    expect(await embeddedPublisher({ runtimeDirectory: place.directory }).status()).toBeNull();
  });

  it("takes the place of one that died, and of only one at a time", async () => {
    await using place = await scratch();
    await mkdir(join(place.directory, "gateways"), { recursive: true });
    const dead = {
      version: 1,
      gateway: "main",
      pid: 1,
      host: "127.0.0.1",
      port: 1,
      socket: join(place.directory, "dead.sock"),
    };
    await writeFile(join(place.directory, "gateways/main.json"), JSON.stringify(dead));
    const started = await Promise.allSettled([0, 0, 0, 0].map((port) => start(place.directory, port)));
    const alive = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(alive.length).toBe(1);
    expect(await embeddedPublisher({ runtimeDirectory: place.directory }).status()).not.toBeNull();
    for (const gateway of alive) await gateway.close({ drain: 0 });
    expect(await readdir(place.directory).catch(() => "gone")).toBe("gone");
  });

  it("in a directory too deep for sockets works like any", async () => {
    await using place = await scratch();
    const deep = join(place.directory, "x".repeat(100), "y".repeat(100));
    await using gateway = await startGateway([pathRoute("web", [])], { runtimeDirectory: deep });
    expect((await gateway.publisher.status())?.generation).toBe(1);
    await expect(start(deep, 0)).rejects.toMatchObject({ code: "gateway-running" });
  });
});

describe("a gateway that closes", () => {
  it("takes no new connections, lets requests end, and is there to be asked until then", async () => {
    let end = (): void => {};
    await using replica = await startReplica("web-1", (_, response) => {
      response.write("half ");
      end = () => void response.end("whole");
    });
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/web/`);
    const closed = gateway.close({ drain: 30_000 });
    await eventually("it takes none", async () =>
      fetch(gateway.origin).then(
        () => false,
        () => true,
      ),
    );
    expect((await gateway.publisher.status())?.inFlight).toEqual({ "web-1": 1 });
    end();
    expect(await response.text()).toBe("half whole");
    await closed;
    expect(await gateway.publisher.status()).toBeNull();
  });

  it("cuts what has not ended in time, and ends at once when told", async () => {
    await using replica = await startReplica("web-1", (_, response) => void response.write("half"));
    await using gateway = await startGateway([pathRoute("web", [replica.upstream])]);
    const response = await fetch(`${gateway.origin}${base}/web/`);
    await gateway.close({ drain: 20 });
    await expect(response.text()).rejects.toThrow("terminated");

    const controller = new AbortController();
    await using aborted = await startGateway([], { signal: controller.signal });
    controller.abort();
    await eventually("it has ended", async () => (await aborted.publisher.status()) === null);
  });
});

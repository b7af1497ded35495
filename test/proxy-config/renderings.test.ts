import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";

import { Pool } from "undici";
import { describe, expect, it } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { renderEnvoy, renderEnvoyTokens } from "../../src/proxy-config/envoy.ts";
import { UnquotableError } from "../../src/proxy-config/escape.ts";
import { renderNginx, renderNginxTokens } from "../../src/proxy-config/nginx.ts";
import { readPublication } from "../../src/proxy-config/publication.ts";
import type { RenderOptions } from "../../src/proxy-config/render-options.ts";
import type { Route } from "../../src/proxy-config/routes.ts";
import { freePort } from "../support/free-port.ts";
import { describeWithPeer, runPeer } from "../support/peers.ts";
import { eventually, pathRoute, scratch, sendRaw, startReplica } from "./servers.ts";

const fixtures = join(import.meta.dirname, "../fixtures/proxy");
const cases = readdirSync(fixtures).sort();
const token = "s3cret.A+b/c==";

function routesOfCase(name: string): readonly Route[] {
  return readPublication(readFileSync(join(fixtures, name, "routes.json"), "utf8")).routes;
}

/** Options of the fixtures: a place that no machine needs to have. */
const listen = { host: "127.0.0.1", port: 3000 };

async function deliver(directory: string, routes: readonly Route[], options: Omit<RenderOptions, "tokensFile">) {
  const nginx = { ...options, tokensFile: join(directory, "nginx.tokens") };
  const envoy = { ...options, tokensFile: join(directory, "envoy-tokens.yaml") };
  await writeFile(nginx.tokensFile, renderNginxTokens([token]), { mode: 0o600 });
  await writeFile(envoy.tokensFile, renderEnvoyTokens([token]), { mode: 0o600 });
  await writeFile(join(directory, "gateway.conf"), renderNginx(routes, nginx));
  await writeFile(join(directory, "envoy.yaml"), renderEnvoy(routes, envoy));
  await writeFile(join(directory, "nginx.conf"), nginxAround(directory));
}

/** The least that nginx needs around a gateway's file, writing nothing outside the directory. */
function nginxAround(directory: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `${user} daemon off; pid ${directory}/pid; error_log stderr; events {}
http { access_log off; ${paths.join(" ")} include ${directory}/gateway.conf; }\n`;
}

describe.each(cases)("the routes of %s", (name) => {
  const routes = routesOfCase(name);

  it("are drawn for nginx as they were", async () => {
    const text = renderNginx(routes, { gateway: "main", listen, tokensFile: "/etc/dstack-gitops/main.tokens" });
    await expect(text).toMatchFileSnapshot(join(fixtures, name, "nginx.conf"));
  });

  it("are drawn for Envoy as they were", async () => {
    const text = renderEnvoy(routes, { gateway: "main", listen, tokensFile: "/etc/dstack-gitops/main-tokens.yaml" });
    await expect(text).toMatchFileSnapshot(join(fixtures, name, "envoy.yaml"));
  });
});

describe("a rendering", () => {
  it("holds no token", () => {
    const routes = [pathRoute("web", [], { auth: true })];
    const options = { gateway: "main", listen, tokensFile: "/etc/tokens" };
    expect(renderNginx(routes, options) + renderEnvoy(routes, options)).not.toContain(token);
  });

  const hostile: readonly (readonly [string, Route])[] = [
    ["service", pathRoute('web"; evil', [])],
    ["project", pathRoute("web", [{ id: "a", address: { kind: "tcp", host: "h", port: 1 } }], { project: "a;b" })],
    ["host", pathRoute("web", [], { match: { kind: "host", host: "a.b; return 200" } })],
    ["prefix", pathRoute("web", [], { match: { kind: "path", prefix: "/a b/{}/", strip: true } })],
    ["socket", pathRoute("web", [{ id: "a", address: { kind: "unix", path: "/run/a; b" } }])],
    ["address", pathRoute("web", [{ id: "a", address: { kind: "tcp", host: "a b", port: 1 } }])],
  ];
  it.each(hostile)("refuses a %s that is not one", (_, route) => {
    const options = { gateway: "main", listen, tokensFile: "/etc/tokens" };
    expect(() => renderNginx([route], options)).toThrow(UnquotableError);
    expect(() => renderEnvoy([route], options)).toThrow(UnquotableError);
  });
});

describeWithPeer("nginx", (nginx) => {
  it.each(cases)("accepts the routes of %s", async (name) => {
    await using place = await scratch();
    await deliver(place.directory, routesOfCase(name), { gateway: "main", listen });
    const conf = join(place.directory, "nginx.conf");
    expect(runPeer(nginx, ["-t", "-p", place.directory, "-e", "stderr", "-c", conf])).toMatchObject({ ok: true });
  });

  it("refuses a gateway whose tokens are missing", async () => {
    await using place = await scratch();
    await deliver(place.directory, [pathRoute("web", [], { auth: true })], { gateway: "main", listen });
    await writeFile(
      join(place.directory, "gateway.conf"),
      renderNginx([pathRoute("web", [], { auth: true })], {
        gateway: "main",
        listen,
        tokensFile: "/nonexistent/tokens",
      }),
    );
    const conf = join(place.directory, "nginx.conf");
    expect(runPeer(nginx, ["-t", "-p", place.directory, "-e", "stderr", "-c", conf])).toMatchObject({ ok: false });
  });

  shares((directory) => [nginx, ["-p", directory, "-e", "stderr", "-c", join(directory, "nginx.conf")]]);

  serves((directory) => [nginx, ["-p", directory, "-e", "stderr", "-c", join(directory, "nginx.conf")]], {
    "/a/../../other/": 404,
    "//": 200,
  });
});

describeWithPeer("envoy", (envoy) => {
  // Instances of Envoy on one machine tell each other apart by this number.
  const base = ["--base-id", String(20_000 + (process.pid % 10_000)), "--log-level", "error"];

  it.each(cases)("accepts the routes of %s", async (name) => {
    await using place = await scratch();
    await deliver(place.directory, routesOfCase(name), { gateway: "main", listen });
    const args = ["--mode", "validate", "-c", join(place.directory, "envoy.yaml"), ...base];
    expect(runPeer(envoy, args)).toMatchObject({ ok: true });
  });

  shares((directory) => [envoy, ["-c", join(directory, "envoy.yaml"), "--concurrency", "1", ...base]]);

  serves((directory) => [envoy, ["-c", join(directory, "envoy.yaml"), "--concurrency", "1", ...base]], {
    "/a/../../other/": 400,
    "//": 200,
  });
});

/** Starts the program with a rendering, and asks it for everything that a rendering says. */
function serves(command: Command, statusOf: Readonly<Record<string, number>>): void {
  it("serves what the routes say", { timeout: 60_000 }, async () => {
    await using place = await scratch();
    const seen = (request: { url?: string | undefined; headers: Record<string, unknown> }): string =>
      [
        request.url,
        request.headers["x-forwarded-for"],
        request.headers["x-forwarded-host"],
        request.headers["forwarded"],
      ].join(" ");
    await using web = await startReplica("web-1", (request, response) => response.end(seen(request)), place.directory);
    await using raw = await startReplica("raw-1", (request, response) => response.end(seen(request)));
    web.server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.pipe(socket);
    });
    const routes = [
      pathRoute("web", [web.upstream]),
      pathRoute("raw", [raw.upstream], { match: { kind: "path", prefix: "/proxy/services/main/raw/", strip: false } }),
      pathRoute("locked", [web.upstream], { auth: true }),
      pathRoute("empty", []),
      pathRoute("site", [raw.upstream], { match: { kind: "host", host: "site.example.com" } }),
    ];
    await using gateway = await startProgram(place.directory, routes, command);
    const { port } = gateway;
    const ask = async (path: string, headers: readonly string[] = ["Host: gw"]): Promise<string> =>
      sendRaw(port, `GET ${path} HTTP/1.1\r\n${[...headers, "Connection: close"].join("\r\n")}\r\n\r\n`);
    const base = "/proxy/services/main";
    await eventually("the gateway serves", async () => (await ask(`${base}/web/`).catch(() => "")).includes(" 200 "));

    expect(
      await ask(`${base}/web/x%2fy%20z?q=%2f`, ["Host: gw", "X-Forwarded-For: 1.1.1.1", "Forwarded: for=1.1.1.1"]),
    ).toMatch(/\/x%2fy%20z\?q=%2f 1\.1\.1\.1, ?[\d.]+ gw /);
    expect(await ask(`${base}/raw/a%2f`)).toContain(`${base}/raw/a%2f `);
    expect(await ask("/a%2f", ["Host: site.example.com"])).toContain("\n/a%2f ");
    expect(await ask(`${base}/web?x=1`)).toMatch(
      /^HTTP\/1.1 308 [^]*\r\nlocation: (http:\/\/gw)?\/proxy\/services\/main\/web\/\?x=1\r/i,
    );
    expect(await ask(`${base}/locked/`)).toContain(" 403 ");
    expect(await ask(`${base}/locked/`, ["Host: gw", `Authorization: Bearer ${token}x`])).toContain(" 403 ");
    expect(await ask(`${base}/locked/`, ["Host: gw", `Authorization: Bearer ${token.toUpperCase()}`])).toContain(
      " 403 ",
    );
    expect(await ask(`${base}/locked/`, ["Host: gw", `Authorization: Bearer ${token}`])).toContain(" 200 ");
    expect(await ask(`${base}/empty/`)).toMatch(/^HTTP\/1.1 503 [^]*\r\nretry-after: 5\r/i);
    expect(await ask(`${base}/nothing/`)).toContain(" 404 ");
    for (const [path, status] of Object.entries(statusOf))
      expect(await ask(`${base}/web${path}`)).toContain(` ${status} `);
    const upgrade = `GET ${base}/web/ HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await sendRaw(port, upgrade, "\r\n\r\n")).toContain(" 101 ");
  });
}

/** Starts the program with weights, and counts where requests go, however long each side takes. */
function shares(command: Command): void {
  it.each([
    { concurrency: 1, ms: [0, 0] },
    { concurrency: 8, ms: [0, 20] },
    { concurrency: 20, ms: [20, 20] },
  ])("gives a canary its share, $concurrency at a time that take $ms ms", { timeout: 60_000 }, async (each) => {
    const { concurrency } = each;
    const after = (id: string, ms = 0): RequestListener => {
      return (_, response) => void setTimeout(() => response.end(id), ms);
    };
    await using place = await scratch();
    await using old = await startReplica("web-1", after("web-1", each.ms[0]));
    await using fresh = await startReplica("web-2", after("web-2", each.ms[1]));
    const upstreams = [
      { ...old.upstream, weight: 9 },
      { ...fresh.upstream, weight: 1 },
    ];
    await using gateway = await startProgram(place.directory, [pathRoute("web", upstreams)], command);
    const pool = new Pool(`http://127.0.0.1:${gateway.port}`, { connections: concurrency });
    const ask = async (): Promise<string> =>
      (await pool.request({ method: "GET", path: "/proxy/services/main/web/" })).body.text();
    await eventually("the gateway serves", async () => (await ask().catch(() => "")).startsWith("web-"));
    let begun = 0;
    const answers: string[] = [];
    const client = async (): Promise<void> => {
      while (begun < 1_000) {
        begun += 1;
        answers.push(await ask());
      }
    };
    await Promise.all(Array.from({ length: concurrency }, client));
    await pool.close();
    const share = answers.filter((id) => id === "web-2").length;
    expect(share).toBeGreaterThan(70);
    expect(share).toBeLessThan(130);
    expect(answers.filter((id) => id === "web-1").length).toBe(1_000 - share);
  });
}

type Command = (directory: string) => readonly [string, readonly string[]];

/** The program with these routes, on a free port. */
async function startProgram(
  directory: string,
  routes: readonly Route[],
  command: Command,
): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort();
  await deliver(directory, routes, { gateway: "main", listen: { host: "127.0.0.1", port } });
  const [program, args] = command(directory);
  const gateway = spawn(program, args, { stdio: "ignore" });
  return {
    port,
    async [Symbol.asyncDispose]() {
      gateway.kill("SIGTERM");
      await Promise.race([once(gateway, "exit"), systemClock.sleep(5_000).then(() => gateway.kill("SIGKILL"))]);
    },
  };
}

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { exitCodes, UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { routesOf } from "../proxy-config/routes.ts";
import type { App } from "./app.ts";
import { tell } from "./say.ts";

/** How long the gateway waits for requests in flight once it is interrupted, in milliseconds. */
const drainMs = 10_000;

/** `proxy serve`: the embedded gateway alone, until interrupted. */
export async function proxyServe(app: App): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const gateway = await app.startGateway(project);
  const snapshot = await world.store.load(app.io.signal);
  await world.publisher.publish(
    { generation: snapshot.generation, routes: routesOf(snapshot, project.settings) },
    app.io.signal,
  );
  tell(
    app,
    `Gateway listens on http://${gateway.address.address}:${gateway.address.port} (generation ${gateway.status().generation})`,
  );
  if (!app.io.signal.aborted)
    await new Promise<void>((resolve) => app.io.signal.addEventListener("abort", () => resolve(), { once: true }));
  await gateway.close({ drain: drainMs });
  tell(app, "Gateway stopped; the replicas run on.");
  return exitCodes.success;
}

/** `proxy publish`: gives the gateways the routes of the recorded state once more. */
export async function proxyPublish(app: App): Promise<ExitCode> {
  const project = await app.project();
  const others = project.settings.gateways
    .filter((gateway) => gateway.type !== "embedded")
    .map((gateway) => gateway.name);
  if (others.length > 0) {
    throw new UserError(
      "not-supported-yet",
      `gateways of type nginx and envoy are not published to yet: ${others.join(", ")}`,
      { hint: "write their configuration with `proxy render DIR`" },
    );
  }
  const world = await app.world(project, () => undefined);
  const snapshot = await world.store.load(app.io.signal);
  const { acknowledged } = await world.publisher.publish(
    { generation: snapshot.generation, routes: routesOf(snapshot, project.settings) },
    app.io.signal,
  );
  tell(
    app,
    acknowledged
      ? `Generation ${snapshot.generation} is served.`
      : `Generation ${snapshot.generation} is published; no gateway is up to serve it.`,
  );
  return exitCodes.success;
}

/** `proxy render DIR`: the configuration of every gateway in the settings, as files. Holds no tokens. */
export async function proxyRender(app: App, directory: string): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const snapshot = await world.store.load(app.io.signal);
  const routes = routesOf(snapshot, project.settings);
  const [{ renderNginx }, { renderEnvoy }] = await Promise.all([
    import("../proxy-config/nginx.ts"),
    import("../proxy-config/envoy.ts"),
  ]);
  const target = resolve(app.io.cwd, directory);
  await mkdir(target, { recursive: true });
  for (const gateway of project.settings.gateways) {
    // The embedded gateway's routes are drawn for both, to look at or to move to one of them.
    const options = { gateway: gateway.name, listen: gateway.listen };
    const files = {
      nginx: [
        `${gateway.name}.nginx.conf`,
        () => renderNginx(routes, { ...options, tokensFile: `/etc/nginx/dstack-gitops-${gateway.name}.tokens` }),
      ],
      envoy: [
        `${gateway.name}.envoy.yaml`,
        () => renderEnvoy(routes, { ...options, tokensFile: `/etc/envoy/dstack-gitops-${gateway.name}-tokens.yaml` }),
      ],
    } as const;
    const wanted = gateway.type === "embedded" ? [files.nginx, files.envoy] : [files[gateway.type]];
    for (const [name, render] of wanted) {
      await writeFile(join(target, name), render());
      tell(app, `Wrote ${join(directory, name)}`);
    }
  }
  return exitCodes.success;
}

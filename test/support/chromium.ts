import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";

import { z } from "zod";

import { devtools } from "./devtools.ts";
import type { Devtools } from "./devtools.ts";
import { tempDirectory } from "./temp-repository.ts";

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly media?: "screen" | "print";
}

/** A page as the browser shows it. */
export interface BrowserPage {
  /** Addresses of everything that was asked for, the page itself first. */
  readonly requests: readonly string[];
  /** What the browser complained of, and what the page wrote to the console. */
  readonly complaints: readonly unknown[];
  /** The value of a JavaScript expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** A PNG of the whole page. */
  screenshot(): Promise<Buffer>;
}

export interface Chromium extends AsyncDisposable {
  open(url: string, screen: Screen): Promise<BrowserPage>;
}

/** A headless Chromium, spoken to over pipes: no driver is needed for that. */
export async function startChromium(program: string): Promise<Chromium> {
  const directory = await tempDirectory();
  const options = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
  ];
  const quiet = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
  ];
  const profile = `--user-data-dir=${join(directory.path, "profile")}`;
  const child = spawn(program, [...options, ...quiet, profile], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: directory.path },
  });
  const ended = once(child, "exit");
  const [, , , output, input] = child.stdio;
  if (!(output instanceof Writable) || !(input instanceof Readable)) throw new Error("the browser has no pipes");
  const tools = devtools(output, input);
  return {
    open: (url, screen) => openPage(tools, url, screen),
    async [Symbol.asyncDispose]() {
      await tools.call("Browser.close").catch(() => child.kill());
      await ended;
      await directory[Symbol.asyncDispose]();
    },
  };
}

const Target = z.looseObject({ targetId: z.string() });
const Session = z.looseObject({ sessionId: z.string() });
const Requested = z.looseObject({ request: z.looseObject({ url: z.string() }) });
const Evaluated = z.looseObject({
  result: z.looseObject({ value: z.unknown().optional() }),
  exceptionDetails: z.unknown().optional(),
});
const Shot = z.looseObject({ data: z.string() });

async function openPage(tools: Devtools, url: string, screen: Screen): Promise<BrowserPage> {
  const { targetId } = Target.parse(await tools.call("Target.createTarget", { url: "about:blank" }));
  const { sessionId } = Session.parse(await tools.call("Target.attachToTarget", { targetId, flatten: true }));
  const requests: string[] = [];
  const complaints: unknown[] = [];
  const loaded = Promise.withResolvers<void>();
  tools.listen(sessionId, ({ method, params }) => {
    if (method === "Network.requestWillBeSent") requests.push(Requested.parse(params).request.url);
    if (method === "Log.entryAdded" || method === "Runtime.consoleAPICalled" || method === "Runtime.exceptionThrown")
      complaints.push(params);
    if (method === "Page.loadEventFired") loaded.resolve();
  });
  const call = (method: string, params?: object) => tools.call(method, params, sessionId);
  for (const domain of ["Network", "Log", "Runtime", "Page"]) await call(`${domain}.enable`);
  const { width, height, scheme, media = "screen" } = screen;
  await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  await call("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
  await call("Page.navigate", { url });
  await loaded.promise;
  return {
    requests,
    complaints,
    async evaluate(expression) {
      const answer = Evaluated.parse(await call("Runtime.evaluate", { expression, returnByValue: true }));
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
      return answer.result.value;
    },
    async screenshot() {
      const { data } = Shot.parse(await call("Page.captureScreenshot", { captureBeyondViewport: true }));
      return Buffer.from(data, "base64");
    },
  };
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createDemo } from "./demo.ts";
import type { Demo, DemoService } from "./demo.ts";
import { startTraffic } from "./traffic.ts";
import { createWitness, until } from "./witness.ts";
import type { Witness } from "./witness.ts";

/** Ten replicas of the demo service behind the embedded gateway, which tell of themselves and are asked all the time. */
export interface WatchedDemo extends AsyncDisposable {
  readonly demo: Demo;
  readonly witness: Witness;
  /** Another version of it, ready 0.3 s after its start. */
  edit(version: string, service?: DemoService): Promise<void>;
  /** For how long replicas may take to become ready from now on. */
  allowToStart(duration: string): Promise<void>;
  /** Ends the requests: how many were answered, by what they were answered. */
  answers(): Promise<Readonly<Record<string, number>>>;
}

export const replicas = 10;

/** A busy machine starts ten processes slowly. */
const settings = `policy:
  rollout: { startup: 40s, drain: 5s, bake: 0s, failure_threshold: 2 }`;

/** With version 1 deployed, serving and asked. */
export async function createWatchedDemo(): Promise<WatchedDemo> {
  const demo = await createDemo({ settings });
  const witness = await createWitness();
  const edit: WatchedDemo["edit"] = (version, service = {}) =>
    demo.edit({ version, replicas, readyAfterMs: 300, env: [witness.env], ...service });
  await edit("1");
  const { exitCode, stderr } = await demo.run("apply", "-y");
  if (exitCode !== 0) throw new Error(stderr);
  const gateway = demo.start("proxy", "serve");
  await until(async () => (await fetch(demo.url).catch(() => null))?.status === 200);
  const traffic = startTraffic(demo.url);
  return {
    demo,
    witness,
    edit,
    async allowToStart(duration) {
      const file = ".dstack/gitops.yml";
      const text = await readFile(join(demo.repository.path, file), "utf8");
      await demo.repository.write({ [file]: text.replace("startup: 40s", `startup: ${duration}`) });
    },
    answers: () => traffic.stop(),
    async [Symbol.asyncDispose]() {
      await traffic.stop();
      gateway.kill("SIGTERM");
      await gateway;
      await demo[Symbol.asyncDispose]();
      await witness[Symbol.asyncDispose]();
    },
  };
}

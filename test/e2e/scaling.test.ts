import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";

it("a service at zero starts with the first request, and grows with the load", async () => {
  await using demo = await createDemo();
  await demo.edit({ version: "1" });
  const service = await readFile(join(demo.repository.path, ".dstack.yml"), "utf8");
  const scaling = "scaling: {metric: rps, target: 0.1, window: 30s, scale_up_delay: 0s}";
  await demo.repository.write({
    ".dstack.yml": service.replace(/^replicas: .*$/m, `replicas: 0..2\n${scaling}`),
  });
  const watching = demo.start("watch");
  const ask = async (): Promise<number | null> => (await fetch(demo.url).catch(() => null))?.status ?? null;
  await until(async () => (await ask()) === 503);
  await until(async () => (await ask()) === 200);
  for (let requests = 0; requests < 4; requests += 1) await ask();
  await until(async () => (await demo.processes()).length === 2);
  const shown = await shownBy(demo);
  expect(shown?.replicas.map(({ num }) => num)).toEqual([0, 1]);
  watching.kill("SIGINT");
  await watching;
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(100);
  }
  throw new Error("it did not happen within 40 s");
}

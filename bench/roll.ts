import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";
import { z } from "zod";

const Line = z.object({ event: z.string(), time: z.string(), replica: z.number().nullish() });
const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = join(root, "dist/cli.js");
const replicas = 10;
const limit = 1.1;

/** Rolls ten replicas, each ready one second after its start, and compares the whole with the sum of what each took to be ready. */
const directory = await mkdtemp(join(tmpdir(), "bench-roll-"));
const env = { XDG_STATE_HOME: join(directory, "state"), NO_COLOR: "1" };
const repository = join(directory, "repository");
const run = async (...args: readonly string[]): Promise<string> =>
  (await execa(process.execPath, [bundle, ...args], { cwd: repository, env })).stdout;

await execa("npm", ["run", "--silent", "build"], { cwd: root });
await execa("git", ["init", "-q", "-b", "main", repository]);
await cp(join(root, "bench/slow-start.mjs"), join(repository, "server.mjs"));
await writeFile(join(repository, "settings.yml"), "policy: { rollout: { bake: 0s, drain: 5s } }\n");
try {
  await edit(1);
  await run("apply", "-y", "-q", "--settings", "settings.yml");
  await edit(2);
  const events = (await run("apply", "-y", "--json", "--settings", "settings.yml"))
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)));
  const timeOf = (name: string): number => Date.parse(events.find((event) => event.event === name)?.time ?? "");
  const begun = timeOf("provision");
  const ended = timeOf("record");
  const provisionedToReady = (): number =>
    events
      .filter((event) => event.event === "ready")
      .reduce(
        (total, ready) =>
          total +
          Date.parse(ready.time) -
          Date.parse(
            events.findLast(
              (event) => event.event === "provision" && event.replica === ready.replica && event.time <= ready.time,
            )?.time ?? "",
          ),
        0,
      );
  const logs = (await run("logs", "roll")).split("\n").filter((line) => line.includes("took"));
  const sum = provisionedToReady();
  const inside = logs.map((line) => Number(line.split("took ")[1])).reduce((total, took) => total + took, 0);
  const ratio = (ended - begun) / sum;
  const ratioInside = (ended - begun) / inside;
  const ok = logs.length === replicas && ratio <= limit;
  console.log(
    `${ok ? "ok  " : "SLOW"} roll: ${logs.length} replicas one by one against the sum of their times from start to first passing probe: ` +
      `${ratio.toFixed(3)} × (at most ${limit}), ${ended - begun} ms against ${Math.round(sum)} ms; ` +
      `counted inside the replicas, from the start of their processes: ${ratioInside.toFixed(3)} ×`,
  );
  process.exitCode = ok ? 0 : 1;
} finally {
  await run("destroy", "roll", "-y", "-q", "--settings", "settings.yml").catch(() => "");
  await rm(directory, { recursive: true, force: true });
}

async function edit(version: number): Promise<void> {
  const file = join(repository, ".dstack.yml");
  const text = `type: service
name: roll
auth: false
replicas: ${replicas}
files: [server.mjs]
env: [VERSION=${version}]
commands: [exec node server.mjs]
port: 8000
probes: [{ type: http, url: /health, interval: 1s }]
`;
  await writeFile(file, text);
  if ((await readFile(file, "utf8")) !== text) throw new Error("not written");
}

// The floor of a plan: reads every service file of a repository with `yaml` and `zod`, and does nothing with it.
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";
import { z } from "zod";

const Service = z.object({
  type: z.literal("service"),
  name: z.string(),
  auth: z.boolean(),
  replicas: z.int(),
  env: z.array(z.string()),
  commands: z.array(z.string()),
  port: z.int(),
  probes: z.array(z.object({ type: z.literal("http"), url: z.string(), interval: z.string() })),
  resources: z.object({ cpu: z.string(), memory: z.string() }),
});

const directory = process.argv[2] ?? ".";
const files = globSync("**/*.dstack.yml", { cwd: directory }).concat(globSync("**/.dstack.yml", { cwd: directory }));
const services = await Promise.all(
  files.map(async (file) => Service.parse(parse(await readFile(join(directory, file), "utf8")))),
);
if (services.length === 0) throw new Error(`no service files in ${directory}`);

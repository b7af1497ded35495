import { z } from "zod";

import { containerJob, type ImageConfig } from "../../src/backends/container.ts";
import { enterVenv } from "../../src/config/command-line.ts";
import { jobOf } from "../../src/config/job.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import type { Answerer } from "./case.ts";
import { refused, value } from "./case.ts";
import { readConfiguration } from "./parsing.ts";

const jobInput = z.object({
  configuration: z.unknown(),
  image_config: z
    .object({
      User: z.string().nullable().optional(),
      Entrypoint: z.array(z.string()).nullable().optional(),
      Cmd: z.array(z.string()).nullable().optional(),
    })
    .nullable()
    .optional(),
});

/** The image that the recorder's registry gave where a case names none. */
const recorded: ImageConfig = { user: null, entrypoint: ["/entry"], cmd: ["serve"] };

/** What one replica is given, in the reference's terms. */
export function containerAnswer(input: unknown): ReturnType<Answerer> {
  const { configuration, image_config } = jobInput.parse(input);
  const { spec, errors } = readConfiguration(configuration);
  if (spec === null) return refused(...errors.map(({ message }) => message));
  const bare = Object.entries(spec.env).filter(([, member]) => member === null);
  if (bare.length > 0) return refused(`not all variables are resolved: ${bare.map(([name]) => name).join(", ")}`);
  const image =
    image_config === undefined || image_config === null
      ? recorded
      : { user: image_config.User ?? null, entrypoint: image_config.Entrypoint ?? [], cmd: image_config.Cmd ?? [] };
  const answer = containerJob(jobOf(spec, []), { replica: 0, image });
  return answer.ok ? value(wire(spec, answer.job)) : refused(answer.message);
}

type Job = Extract<ReturnType<typeof containerJob>, { ok: true }>["job"];

function wire(spec: ServiceSpec, job: Job): Readonly<Record<string, unknown>> {
  return {
    image_name: job.image,
    container_command: job.argv.map((argument) =>
      argument.replace(enterVenv(spec.python), "<default-image venv setup>"),
    ),
    privileged: job.privileged,
    user: job.user,
    working_dir: job.workingDir,
    single_branch: spec.single_branch,
    max_duration: job.maxDuration,
    stop_duration: job.stopDuration,
    retry: job.retry,
    spot: job.spot,
    max_price: job.maxPrice,
    cpu_arch: job.arch,
    service_port: job.port,
    job_name: job.name,
    env: spec.env,
    repo_dir: "/workflow",
    volumes: job.volumes,
  };
}

import { isSuperchip } from "../../src/config/requirements.ts";
import type { ModelSpec, ProbeSpec, RetrySpec, ServiceSpec } from "../../src/config/spec.ts";
import { isRecord } from "../conformance/agree.ts";
import { named, type Read, type ReadPair } from "./ours.ts";

/** Where the server answers otherwise than the reference page, or than this program on purpose. */
export interface ServerDifference {
  readonly name: string;
  readonly reason: string;
  /** The pair with that one thing as the server takes it, so that all else is still compared. */
  readonly asTheirs: (pair: ReadPair, world: ServersWorld) => ReadPair;
  /** What OLD and NEW add to a small service: the server's answer to them is another than ours, for this reason alone. */
  readonly example: (world: ServersWorld) => readonly [string, string];
}

/** What of an answer comes from the machine that the server runs on. */
export interface ServersWorld {
  /** The version of Python that services get by default. */
  readonly python: string | null;
}

const commands = "commands: [a]\n";

/** Listed in docs/differences.md. */
export const serverDifferences: readonly ServerDifference[] = [
  {
    name: "gateway",
    reason:
      "`gateway`: the server moves a running service to another gateway; on the reference page that is no in-place update",
    asTheirs: ({ before, after }) => ({ before, after: edited(after, { gateway: before.spec.gateway }) }),
    example: () => [commands, `${commands}gateway: false\n`],
  },
  {
    name: "default probe",
    reason:
      "`model` in the `openai` format without `probes`: the server adds a probe that asks the model for a word, so that `probes: []` is a change; the reference page knows no such probe",
    asTheirs: each((side) =>
      side.spec.model?.format === "openai" && (side.written["probes"] ?? null) === null
        ? edited(side, { probes: [probeOf(side.spec.model)] })
        : side,
    ),
    example: () => [`${commands}model: m\n`, `${commands}model: m\nprobes: []\n`],
  },
  {
    name: "default Python",
    reason:
      "`python`: where it is not set the server takes its own version, so that setting the same one changes nothing; here it is the host's, which a file cannot know",
    asTheirs: (pair, { python }) => each((side) => edited(side, { python: side.spec.python ?? python }))(pair),
    example: ({ python }) => [commands, `${commands}python: "${python ?? "3.12"}"\n`],
  },
  {
    name: "Python of an entry point",
    reason:
      "`python` with `entrypoint`: the server makes the virtual environment for `commands` only; `local` makes it for both, so that another version replaces replicas",
    asTheirs: each((side) => (side.spec.entrypoint === null ? side : edited(side, { python: null }))),
    example: () => [`${commands}entrypoint: e\npython: "3.9"\n`, `${commands}entrypoint: e\npython: "3.10"\n`],
  },
  {
    name: "spelling of retry",
    reason:
      "`retry`: `true` and its meaning in full are different values to the server, as are a default that is left out and the same one given, and restart the service; here they are one",
    asTheirs: each((side) => edited(side, { retry: retryAsWritten(side) })),
    example: () => [`${commands}retry: true\n`, `${commands}retry: {duration: 1h}\n`],
  },
  {
    name: "negative idle_duration",
    reason:
      "`idle_duration`: the server keeps which negative number was given, and restarts the service for another; here all of them mean `off`",
    asTheirs: each((side) => {
      const idle = Number(side.written["idle_duration"]);
      return idle < -1 ? edited(side, { idle_duration: idle }) : side;
    }),
    example: () => [`${commands}idle_duration: -1\n`, `${commands}idle_duration: -5\n`],
  },
  {
    name: "architecture of an image",
    reason:
      "`resources.gpu` with an NVIDIA superchip and an image: the server takes the CPU architecture from the image's manifest; on the reference page it is `arm`",
    asTheirs: each((side) => {
      const { image, resources } = side.spec;
      const isOpen = image !== null && resources.cpu.arch === null && isSuperchip(resources.gpu);
      return isOpen ? edited(side, { resources: { ...resources, cpu: { ...resources.cpu, arch: "x86" } } }) : side;
    }),
    example: () => [
      "image: nginx\nresources: {gpu: GH200}\n",
      "image: nginx\nresources: {gpu: GH200, cpu: {arch: arm}}\n",
    ],
  },
  {
    name: "name of a local file",
    reason:
      "`files`: the archive that is sent keeps the local file's name, so that the server takes a renamed file for another; here its content and its place inside count",
    asTheirs: each((side) => ({ ...side, files: named(side.files) })),
    example: () => [`${commands}files: ["a.txt:/f"]\n`, `${commands}files: ["b.txt:/f"]\n`],
  },
];

function each(change: (side: Read) => Read): (pair: ReadPair) => ReadPair {
  return ({ before, after }) => ({ before: change(before), after: change(after) });
}

function edited(side: Read, properties: Partial<ServiceSpec>): Read {
  return { ...side, spec: { ...side.spec, ...properties } };
}

function probeOf({ name, prefix }: Extract<ModelSpec, { format: "openai" }>): ProbeSpec {
  return {
    type: "http",
    url: `${prefix.replace(/\/+$/, "")}/chat/completions`,
    method: "post",
    headers: [{ name: "Content-Type", value: "application/json" }],
    body: JSON.stringify({ model: name, messages: [{ role: "user", content: "hi" }], max_tokens: 1 }),
    timeout: 30,
    interval: 15,
    ready_after: 1,
    until_ready: false,
  };
}

/** A duration that nobody writes stands for each way to leave something out. */
function retryAsWritten({ spec, written: { retry } }: Read): ServiceSpec["retry"] {
  if (spec.retry === null || spec.retry === false) return spec.retry;
  if (!isRecord(retry)) return { ...spec.retry, duration: -1 };
  const given: RetrySpec = (retry["duration"] ?? null) === null ? { ...spec.retry, duration: -2 } : spec.retry;
  return (retry["on_events"] ?? null) === null ? { ...given, on_events: [] } : given;
}

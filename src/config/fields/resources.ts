import { firstOf } from "../schema/composite.ts";
import { integer } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type At, type Field, invalid, type Invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { inAnyCase, nullable, oneOf, transform } from "../schema/words.ts";
import type { Range, ResourcesSpec, ServiceSpec } from "../spec.ts";
import { isMapping, isOddScalar, type YamlValue } from "../yaml/value.ts";
import { gpu } from "./gpu.ts";
import { memory, memoryRange, memoryRangePattern } from "./memory.ts";
import { integerRange, integerRangePattern, minMaxJson } from "./range.ts";

type Cpu = ResourcesSpec["cpu"];

const defaultCount: Range = { min: 2, max: null };
const defaultDisk: ResourcesSpec["disk"] = { size: { min: 100, max: null } };

const archPattern = ["x86", "arm"].map(inAnyCase).join("|");

const arch: Schema<"x86" | "arm"> = {
  ...oneOf(["x86", "arm"]),
  json: () => ({ title: "`x86` or `arm`", type: "string", pattern: `^(?:${archPattern})$` }),
  read: (value, at) => oneOf(["x86", "arm"]).read(typeof value === "string" ? value.toLowerCase() : value, at),
};

const cpuObject = object<Cpu>({
  arch: { schema: nullable(arch), default: null, description: "The architecture: `x86` or `arm`.", example: "arm" },
  count: {
    schema: integerRange,
    default: defaultCount,
    writtenDefault: "2..",
    description: "The number of cores.",
    example: "4..",
  },
});

const cpuToken = `(?:${integerRangePattern}| *(?:${archPattern}) *)`;

/** `COUNT` and `ARCH` in any order, separated by `:`; or a mapping. */
export const cpuShorthand: Schema<Cpu> = {
  expects: "a number of cores such as `4`, `4..8` or `arm:8..`",
  json: () => ({
    title: cpuShorthand.expects,
    anyOf: [
      { type: ["integer", "string"], pattern: `^${cpuToken}(?::${cpuToken})?$` },
      cpuObject.json(),
      minMaxJson(integer()),
    ],
  }),
  read: (value, at) => {
    if (isMapping(value)) return isMinMax(value) ? cpuRange.read(value, at) : cpuObject.read(value, at);
    if (typeof value === "string") return parseCpu(value, at);
    if (typeof value === "number") return parseCpu(String(value), at);
    return isOddScalar(value) && value.kind === "integer"
      ? parseCpu(value.text, at)
      : unexpected(cpuShorthand.expects, value, at);
  },
};

/** A count without an architecture, in every form that ranges have. */
const cpuRange = transform(integerRange, (count): Cpu => ({ arch: null, count }));

const cpu = firstOf(cpuShorthand, cpuRange);

function isMinMax(value: ReadonlyMap<string, YamlValue>): boolean {
  return value.size === 2 && value.has("min") && value.has("max");
}

function parseCpu(written: string, at: At): Cpu | Invalid {
  let found: { arch?: "x86" | "arm"; count?: Range } = {};
  for (const token of written.replaceAll(" ", "").split(":")) {
    if (token === "") return refuse(at, `CPU spec contains empty token: ${written}`);
    const isCount = token.includes("..") || /^\d+$/.test(token);
    if (isCount && found.count !== undefined) return refuse(at, `CPU spec count conflict: ${written}`);
    if (!isCount && found.arch !== undefined) return refuse(at, `CPU spec arch conflict: ${written}`);
    const read = isCount ? integerRange.read(token, at) : archOf(token, at);
    if (read === invalid) return invalid;
    found = typeof read === "string" ? { ...found, arch: read } : { ...found, count: read };
  }
  return { arch: found.arch ?? null, count: found.count ?? defaultCount };
}

function archOf(token: string, at: At): "x86" | "arm" | Invalid {
  const lower = token.toLowerCase();
  return lower === "x86" || lower === "arm"
    ? lower
    : refuse(at, `Invalid CPU architecture: ${token}`, { hint: "expected `x86` or `arm`" });
}

const diskObject = object<NonNullable<ResourcesSpec["disk"]>>({
  size: { schema: memoryRange, description: "The size of the disk.", example: "200GB.." },
});

export const disk: Schema<NonNullable<ResourcesSpec["disk"]>> = {
  expects: memoryRange.expects,
  json: () => ({
    title: memoryRange.expects,
    anyOf: [{ type: ["number", "string"], pattern: `^${memoryRangePattern}$` }, diskObject.json(), minMaxJson(memory)],
  }),
  read: (value, at) => {
    if (isMapping(value)) return diskObject.read(value, at);
    const size = memoryRange.read(value, at);
    return size === invalid ? invalid : { size };
  },
};

const resourcesSchema = object<ResourcesSpec>({
  cpu: {
    schema: cpu,
    default: { arch: null, count: defaultCount },
    writtenDefault: "2..",
    description: "CPU cores and architecture.",
    example: "4..8",
  },
  memory: {
    schema: memoryRange,
    default: { min: 8, max: null },
    writtenDefault: "8GB..",
    description: "Main memory.",
    example: "16GB..",
  },
  shm_size: { schema: nullable(memory), default: null, description: "Size of `/dev/shm`.", example: "16GB" },
  gpu: {
    schema: nullable(gpu),
    default: null,
    description: "GPUs: vendor, model, memory and count in any order.",
    example: "A100:80GB:2",
  },
  disk: {
    schema: nullable(disk),
    default: defaultDisk,
    writtenDefault: "100GB..",
    description: "Size of the disk; nothing: any.",
    example: "200GB..",
  },
});

/** What a service without `resources` asks for. */
export const defaultResources: ResourcesSpec = {
  cpu: { arch: null, count: defaultCount },
  memory: { min: 8, max: null },
  shm_size: null,
  gpu: null,
  disk: defaultDisk,
};

export const resources: Field<ServiceSpec["resources"]> = {
  schema: resourcesSchema,
  default: defaultResources,
  description: "What each replica needs.",
  example: { cpu: "4..", memory: "16GB..", gpu: "24GB" },
};

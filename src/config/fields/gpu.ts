import { strip } from "../../lib/blanks.ts";
import { oneOrMore } from "../schema/composite.ts";
import { parseIntegerText, readInteger } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type At, invalid, type Invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { inAnyCase, nullable, transform } from "../schema/words.ts";
import type { GpuSpec, Range } from "../spec.ts";
import { isList, isMapping, isOddScalar, type YamlValue } from "../yaml/value.ts";
import { memoryRange, memoryRangePattern } from "./memory.ts";
import { integerRange, integerRangePattern } from "./range.ts";

type Vendor = NonNullable<GpuSpec["vendor"]>;

const vendors: ReadonlyMap<string, Vendor> = new Map<string, Vendor>([
  ["nvidia", "nvidia"],
  ["amd", "amd"],
  ["google", "google"],
  ["tpu", "google"],
  ["intel", "intel"],
  ["tenstorrent", "tenstorrent"],
  ["tt", "tenstorrent"],
]);

const defaultCount: Range = { min: 1, max: null };

const vendor: Schema<Vendor> = transform(
  text(),
  (written, at) =>
    vendors.get(written.toLowerCase()) ??
    refuse(at, `unknown GPU vendor ${JSON.stringify(written)}`, {
      hint: `expected one of ${[...vendors.keys()].join(", ")}`,
    }),
  { title: "a vendor", type: "string", pattern: `^(?:${[...vendors.keys()].map(inAnyCase).join("|")})$` },
);

const gpuName = transform(text(), withoutTpu);

/** `7.5`, `"7.5"` or `[7, 5]`: at least that one. */
export const computeCapability: Schema<readonly [number, number]> = {
  expects: "a compute capability such as `7.5`",
  json: () => ({
    title: computeCapability.expects,
    anyOf: [
      { type: ["number", "string"], pattern: "^[0-9]+\\.[0-9]+$" },
      { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2 },
    ],
  }),
  read: (value, at) => {
    const parts = capabilityParts(value, at);
    if (parts === null) return unexpected("a compute capability such as `7.5`", value, at);
    const [major, minor, ...rest] = parts;
    if (major === undefined || minor === undefined || rest.length > 0)
      return refuse(at, `Invalid compute capability: ${parts.join(".")}`);
    const [read, least] = [parseIntegerText(major), parseIntegerText(minor)];
    return read === null || least === null
      ? refuse(at, `Invalid compute capability: ${parts.join(".")}`)
      : [read, least];
  },
};

function capabilityParts(value: YamlValue, at: At): readonly string[] | null {
  if (isList(value)) return value.map((part) => String(readInteger(part, at)));
  if (isOddScalar(value)) return value.text.split(".");
  return typeof value === "string" ? strip(value).split(".") : null;
}

const gpuObject = object<GpuSpec>({
  vendor: {
    schema: nullable(vendor),
    default: null,
    description: "The vendor: `nvidia`, `amd`, `google` (`tpu`), `intel` or `tenstorrent` (`tt`).",
    example: "nvidia",
  },
  name: {
    schema: nullable(oneOrMore(gpuName)),
    default: null,
    description: "The model, or several of which any will do.",
    example: ["A100", "H100"],
  },
  count: {
    schema: integerRange,
    default: defaultCount,
    writtenDefault: "1..",
    description: "The number of GPUs.",
    example: 2,
  },
  memory: { schema: nullable(memoryRange), default: null, description: "The memory of each GPU.", example: "80GB" },
  total_memory: {
    schema: nullable(memoryRange),
    default: null,
    description: "The memory of all GPUs together.",
    example: "160GB..",
  },
  compute_capability: {
    schema: nullable(computeCapability),
    default: null,
    description: "The least compute capability.",
    example: "7.5",
  },
});

/** A name or vendor, a memory with its unit, or a count. */
const token = `(?:[a-zA-Z][^:]*|${memoryRangePattern}|${integerRangePattern})`;

/** `VENDOR`, `NAME,NAME`, `MEMORY` and `COUNT` in any order, separated by `:`; or a mapping. */
export const gpu: Schema<GpuSpec> = {
  expects: "a GPU such as `24GB`, `H100:2`, `A100:80GB:1..4` or `amd:MI300X`",
  json: () => ({
    title: gpu.expects,
    anyOf: [{ type: ["integer", "string"], pattern: `^ *${token} *(?:: *${token} *)*$` }, gpuObject.json()],
  }),
  read: (value, at) => {
    if (isMapping(value)) return gpuObject.read(value, at);
    if (typeof value === "string") return parseGpu(value, at);
    if (typeof value !== "number" && !(isOddScalar(value) && value.kind === "integer"))
      return unexpected(gpu.expects, value, at);
    const count = integerRange.read(value, at);
    return count === invalid ? invalid : { ...anyGpu, count };
  },
};

const anyGpu: GpuSpec = {
  vendor: null,
  name: null,
  count: defaultCount,
  memory: null,
  total_memory: null,
  compute_capability: null,
};

interface Tokens {
  vendor?: Vendor;
  name?: readonly string[];
  memory?: Range | Invalid;
  count?: Range | Invalid;
}

function parseGpu(written: string, at: At): GpuSpec | Invalid {
  const tokens: Tokens = {};
  for (const token of written.replaceAll(" ", "").split(":")) {
    if (token === "") return refuse(at, `GPU spec contains empty token: ${written}`);
    const kind = kindOf(token);
    if (tokens[kind] !== undefined) return refuse(at, `GPU spec ${kind} conflict: ${written}`);
    if (kind === "vendor") tokens.vendor = vendors.get(token.toLowerCase()) ?? "nvidia";
    else if (kind === "name") tokens.name = token.split(",");
    else tokens[kind] = (kind === "memory" ? memoryRange : integerRange).read(token, at);
  }
  const { memory = null, count = defaultCount, name = null } = tokens;
  if (name?.includes("") === true) return refuse(at, "GPU name can not be empty");
  return memory === invalid || count === invalid
    ? invalid
    : { ...anyGpu, vendor: tokens.vendor ?? null, name: name?.map(withoutTpu) ?? null, memory, count };
}

/** A number that looks like a model (`4090`) is a count, as in the reference. */
function kindOf(token: string): keyof Tokens {
  if (vendors.has(token.toLowerCase())) return "vendor";
  if (/^\p{L}/u.test(token)) return "name";
  return /\p{L}/u.test(token) ? "memory" : "count";
}

function withoutTpu(name: string): string {
  return name.startsWith("tpu-") ? name.slice(4) : name;
}

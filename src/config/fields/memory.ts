import { parseFloatText, readBooleanNumber } from "../schema/numbers.ts";
import { refuse, type Schema, unexpected } from "../schema/schema.ts";
import { isOddScalar } from "../yaml/value.ts";
import { range, rangePattern } from "./range.ts";

const expects = "a size such as `512MB`, `16GB`, `1TB` or a number of GB";

/** Texts that are sizes. */
const sizePattern = "(?:[0-9][0-9_ ]*(?:\\.[0-9][0-9_ ]*)?|\\.[0-9][0-9_ ]*)(?:[tTgGmM] *[bB])?";
/** Texts that are sizes, or ranges of them. */
export const memoryRangePattern = rangePattern(sizePattern);

/** A size in GB. */
export const memory: Schema<number> = {
  expects,
  json: () => ({ title: expects, type: ["number", "string"], pattern: `^ *${sizePattern} *$` }),
  read: (value, at) => {
    if (typeof value === "number") return value;
    if (isOddScalar(value) && Number.isFinite(value.value)) return value.value;
    if (typeof value === "boolean") return readBooleanNumber(value, at);
    if (typeof value !== "string") return unexpected(expects, value, at);
    return (
      parseMemory(value) ??
      refuse(at, `cannot read ${JSON.stringify(value)} as a size`, { hint: `expected ${expects}` })
    );
  },
};

/** Sizes in GB. */
export const memoryRange = range({
  bound: memory,
  expects: `${expects}, or a range such as \`16GB..\` or \`16GB..64GB\``,
  pattern: memoryRangePattern,
  print: formatMemory,
});

const factors = { tb: 1024, gb: 1, mb: 1 / 1024 } as const;

/** A text such as `1 024 MB` in GB; `null` when it is no size. */
export function parseMemory(written: string): number | null {
  const lower = written.replaceAll(" ", "").toLowerCase();
  const suffix = (["tb", "gb", "mb"] as const).find((unit) => lower.endsWith(unit));
  const size = parseFloatText(suffix === undefined ? lower : lower.slice(0, -2));
  const gigabytes = size === null ? null : size * (suffix === undefined ? 1 : factors[suffix]);
  return gigabytes !== null && Number.isFinite(gigabytes) ? gigabytes : null;
}

/** Rounded to even where two are equally near, as with sizes in MB; `toPrecision` takes the larger. */
function sixDigits(value: number): number {
  const [, kept = "", rest = "", exponent = ""] = /^(-?\d\.\d{5})(\d+)(e.*)$/.exec(value.toExponential(20)) ?? [];
  const isTie = /^50*$/.test(rest) && Number(kept.at(-1)) % 2 === 0;
  return isTie ? Number(kept + exponent) : Number(value.toPrecision(6));
}

/** GB as the reference prints them: six significant digits, with an exponent where there are more before the point. */
export function formatMemory(gigabytes: number): string {
  const rounded = sixDigits(gigabytes);
  const magnitude = Math.abs(rounded);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return `${rounded}GB`;
  return `${rounded.toExponential().replace(/e([+-])(\d)$/, "e$10$2")}GB`;
}

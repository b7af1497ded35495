import { parseDuration } from "../duration.ts";
import { readBooleanNumber } from "../schema/numbers.ts";
import { type At, type Invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import type { YamlValue } from "../yaml/value.ts";
import { isOddScalar } from "../yaml/value.ts";

const expects = "a duration such as `30s`, `15m`, `2h`, `1d`, `1w` or a number of seconds";

interface DurationLimits {
  readonly min?: number;
  readonly tooShort?: string;
}

/** A duration in seconds. */
export function duration({ min = Number.NEGATIVE_INFINITY, tooShort }: DurationLimits = {}): Schema<number> {
  return {
    expects,
    json: () => ({ type: ["integer", "string"], pattern: "^-?[0-9]+$|^[0-9]+ *[smhdw]$" }),
    read: (value, at) => {
      const seconds = readDuration(value, at);
      if (seconds === null) return cannotParse(value, at);
      return seconds < min ? refuse(at, tooShort ?? `expected at least ${min}s, got ${seconds}s`) : seconds;
    },
  };
}

/** A duration, or `off`: never. `false` means `off` too, and `true` is the same as not set. */
export const offableDuration: Schema<number | "off" | null> = {
  expects: `${expects}, or \`off\``,
  json: () => ({ anyOf: [duration().json(), { enum: ["off"] }, { type: "boolean" }] }),
  read: (value, at) => {
    if (value === null || value === true) return null;
    return value === "off" || value === false
      ? "off"
      : duration({ min: 0, tooShort: "Duration cannot be negative" }).read(value, at);
  },
};

/** As the others, but any negative number is `off` too. */
export const idleDuration: Schema<number | "off" | null> = {
  ...offableDuration,
  read: (value, at) => {
    if (value === null || value === true) return null;
    if (value === "off" || value === false) return "off";
    const seconds = duration().read(value, at);
    return typeof seconds === "number" && seconds < 0 ? "off" : seconds;
  },
};

function readDuration(value: YamlValue, at: At): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return readBooleanNumber(value, at);
  if (typeof value === "string") return parseDuration(value);
  return isOddScalar(value) && Number.isSafeInteger(Math.trunc(value.value)) ? Math.trunc(value.value) + 0 : null;
}

function cannotParse(value: YamlValue, at: At): Invalid {
  if (typeof value !== "string") return unexpected(expects, value, at);
  return refuse(at, `Cannot parse the duration ${value}`, { hint: `expected ${expects}` });
}

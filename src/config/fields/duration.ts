import { parseDuration } from "../duration.ts";
import { readBooleanNumber } from "../schema/numbers.ts";
import { type At, type Invalid, type JsonSchema, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { plainBoolean } from "../schema/words.ts";
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
    json: () => ({
      title: expects,
      type: ["number", "string"],
      pattern: min > 0 ? "^0*[1-9][0-9]*(?: *[smhdw])?$" : `^(?:${min < 0 ? "-?" : ""}[0-9]+|[0-9]+ *[smhdw])$`,
      ...(Number.isFinite(min) ? { minimum: min } : {}),
    }),
    read: (value, at) => {
      const seconds = readDuration(value, at);
      if (seconds === null) return cannotParse(value, at);
      return seconds < min ? refuse(at, tooShort ?? `expected at least ${min}s, got ${seconds}s`) : seconds;
    },
  };
}

/** A duration that is no less than nothing. */
export const notNegative = duration({ min: 0, tooShort: "Duration cannot be negative" });

/** A duration, or `off`: never. `false` means `off` too, and `true` is the same as not set. */
export const offableDuration: Schema<number | "off" | null> = {
  expects: `${expects}, or \`off\``,
  json: () => offable(notNegative),
  read: (value, at) => {
    if (value === null || value === true) return null;
    return value === "off" || value === false ? "off" : notNegative.read(value, at);
  },
};

/** As the others, but any negative number is `off` too. */
export const idleDuration: Schema<number | "off" | null> = {
  ...offableDuration,
  json: () => offable(duration()),
  read: (value, at) => {
    if (value === null || value === true) return null;
    if (value === "off" || value === false) return "off";
    const seconds = duration().read(value, at);
    return typeof seconds === "number" && seconds < 0 ? "off" : seconds;
  },
};

function offable(seconds: Schema<number>): JsonSchema {
  return {
    title: offableDuration.expects,
    anyOf: [seconds.json(), { enum: ["off"] }, plainBoolean, { type: "null" }],
  };
}

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

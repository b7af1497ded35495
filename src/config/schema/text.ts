import type { YamlValue } from "../yaml/value.ts";
import { isOddScalar } from "../yaml/value.ts";
import { type At, type Invalid, type JsonSchema, refuse, type Schema, trap, unexpected } from "./schema.ts";

interface TextLimits {
  readonly expects?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
}

/** Text. Numbers and booleans become the text that the reference makes of them, with a warning where that is not what was written. */
export function text(limits: TextLimits = {}): Schema<string> {
  const expects = limits.expects ?? "text";
  return {
    expects,
    json: () => textJson(limits),
    read: (value, at) => {
      const read = readText(value, at);
      return read === null ? unexpected(expects, value, at) : limited(read, limits, at);
    },
  };
}

function textJson({ expects, minLength, maxLength, pattern }: TextLimits): JsonSchema {
  return {
    ...(expects === undefined ? {} : { title: expects }),
    type: ["string", "number"],
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  };
}

function limited(
  read: string,
  { expects, minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: TextLimits,
  at: At,
): string | Invalid {
  // Python counts code points.
  const length = read.length > maxLength || read.length < minLength * 2 ? Array.from(read).length : read.length;
  if (length < minLength)
    return refuse(
      at,
      minLength === 1 ? "expected text, got none" : `expected at least ${minLength} characters, got ${length}`,
    );
  if (length > maxLength) return refuse(at, `expected at most ${maxLength} characters, got ${length}`);
  if (pattern !== undefined && !pattern.test(read))
    return refuse(at, `expected ${expects ?? "text"} matching ${pattern.source}, got ${JSON.stringify(read)}`);
  return read;
}

/** The text of a scalar; `null` for anything else. */
export function readText(value: YamlValue, at: At): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") {
    const made = value ? "True" : "False";
    trap(
      at,
      `this is a boolean in YAML 1.1, which is read as the text \`${made}\``,
      "put it in quotes to keep the text as written",
    );
    return made;
  }
  if (!isOddScalar(value) || value.kind === "timestamp") return null;
  const { text: made, source } = value;
  if (made !== source)
    trap(
      at,
      `\`${source}\` is the number ${made} in YAML 1.1, which is read as the text \`${made}\``,
      `write "${source}" in quotes`,
    );
  return made;
}

import { refuse, type Schema, unexpected } from "../schema/schema.ts";

const expects = "a share such as `25%`";

/** A share of something, written in percent, as a number in [0, 1]. */
export const share: Schema<number> = {
  expects,
  json: () => ({ title: expects, type: "string", pattern: "^[0-9]+(?:\\.[0-9]+)? *%$" }),
  read: (value, at) => {
    const [, digits] = (typeof value === "string" ? /^(\d+(?:\.\d+)?) *%$/.exec(value) : null) ?? [];
    if (digits === undefined) return unexpected(expects, value, at);
    return Number(digits) > 100 ? refuse(at, `expected at most 100%, got ${digits}%`) : Number(digits) / 100;
  },
};

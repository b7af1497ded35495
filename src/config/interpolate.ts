import { strip } from "../lib/blanks.ts";

/** A text with its references replaced, the names that had no value, or why it is none. */
export type Interpolated =
  | { readonly ok: true; readonly text: string; readonly missing: readonly string[] }
  | { readonly ok: false; readonly message: string };

export interface InterpolateOptions {
  /** The value of `env.NAME`. */
  readonly lookup: (name: string) => string | undefined;
  /** Namespaces whose references stay as they are, for someone later. */
  readonly skip?: readonly string[];
}

/**
 * Replaces `${{ namespace.name }}` once, and `$$` by `$`, exactly as the reference does: a `$` that begins neither makes
 * everything up to the next `${{` stand as it is, a later `$$` included.
 */
export function interpolate(input: string, { lookup, skip = [] }: InterpolateOptions): Interpolated {
  if (!input.includes("$")) return { ok: true, text: input, missing: [] };
  const missing: string[] = [];
  let text = "";
  let position = 0;
  while (position < input.length) {
    const dollar = input.indexOf("$", position);
    if (dollar < 0) break;
    text += input.slice(position, dollar);
    position = dollar;
    if (input.startsWith("$$", dollar)) {
      text += "$";
      position = dollar + 2;
      continue;
    }
    const open = input.indexOf("${{", dollar);
    if (open < 0) break;
    const close = input.indexOf("}}", open);
    if (close < 0) return { ok: false, message: `No pattern closing: ${input.slice(open)}` };
    const name = strip(input.slice(open + 3, close));
    if (!reference.test(name)) return { ok: false, message: `Illegal reference name: ${name}` };
    text += input.slice(dollar, open);
    position = close + 2;
    if (skip.some((namespace) => name.startsWith(`${namespace}.`))) text += input.slice(open, position);
    else {
      const value = lookup(name);
      if (value === undefined) missing.push(name);
      text += value ?? "";
    }
  }
  return { ok: true, text: text + input.slice(position), missing };
}

const reference = /^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$/;

/** The references of a text outside the skipped namespaces. */
export function references(input: string, skip: readonly string[] = []): Interpolated {
  return interpolate(input, { lookup: () => undefined, skip });
}

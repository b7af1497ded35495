import { interpolate, references } from "../interpolate.ts";
import { report, type Schema } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { transform } from "../schema/words.ts";

/** Text that may refer to `${{ env.NAME }}`; `${{ secrets.NAME }}` is left for whoever holds the secrets. */
export function template(limits: Parameters<typeof text>[0] = {}): Schema<string> {
  return transform(text(limits), (written, at) => {
    const found = references(written, ["secrets"]);
    if (!found.ok) report(at, { code: "invalid-value", message: found.message, stage: "resolve" });
    return written;
  });
}

/** The references of a template that no variable of the service answers. */
export function unanswered(written: string, env: Readonly<Record<string, string | null>>): readonly string[] {
  const known = (reference: string): string | undefined =>
    reference.startsWith("env.") && Object.hasOwn(env, reference.slice("env.".length)) ? "" : undefined;
  const result = interpolate(written, { lookup: known, skip: ["secrets"] });
  return result.ok ? result.missing : [];
}

/** A template with the variables whose values the service file has; bare names and secrets stay references. */
export function answered(written: string, env: Readonly<Record<string, string | null>>): string {
  const value = (reference: string): string => {
    const name = reference.slice("env.".length);
    return (reference.startsWith("env.") && Object.hasOwn(env, name) ? env[name] : null) ?? `\${{ ${reference} }}`;
  };
  const result = interpolate(written, { lookup: value, skip: ["secrets"] });
  return result.ok ? result.text : written;
}

import { interpolate, type Interpolated, references } from "../interpolate.ts";
import { type At, report, type Schema } from "../schema/schema.ts";
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

/** A template that is filled in where there are no secrets, as the reference does with those of probes. */
export function templateWithoutSecrets(limits: Parameters<typeof text>[0] = {}): Schema<string> {
  return transform(template(limits), (written, at) => {
    warnOfSecrets(written, at, { where: "in a probe", instead: (name) => `\${{ env.${name} }}` });
    return written;
  });
}

/** A command: its references are checked here, and filled in for the job that has it. */
export const command: Schema<string> = transform(text(), (written, at) => {
  const hint = "variables of `env` are the shell's: `$NAME`; a literal `${{` is `$${{`";
  if (isAnswered(answerOf(written), at, hint))
    warnOfSecrets(written, at, { where: "in a command", instead: (name) => `$${name}` });
  return written;
});

/**
 * A command as the shell gets it: `$$` is `$`, and `${{ run.args }}`, the arguments that a person adds to a run of the
 * reference, is nothing, because files of a repository are given none.
 */
export function filledCommand(written: string): string {
  const answer = answerOf(written);
  return answer.ok && answer.missing.length === 0 ? answer.text : written;
}

function answerOf(written: string): Interpolated {
  return interpolate(written, { lookup: (name) => (name === "run.args" ? "" : undefined), skip: ["secrets"] });
}

/** Checks a value of `env`, in which secrets alone are replaced. */
export function checkEnvValue(written: string, at: At): void {
  const hint = "values of `env` may refer to `${{ secrets.NAME }}`; a literal `${{` is `$${{`";
  isAnswered(references(written, ["secrets"]), at, hint);
}

/** The reference's words for references that nothing answers. */
export function missingVars(names: Iterable<string>): string {
  return `Failed to interpolate due to missing vars: [${[...names].map((name) => `'${name}'`).join(", ")}]`;
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

/** Whether every reference is well formed and has an answer; tells what is wrong otherwise, as the reference does once it resolves them. */
function isAnswered(
  answer: Interpolated,
  at: At,
  hint: string,
): answer is Extract<Interpolated, { readonly ok: true }> {
  if (answer.ok && answer.missing.length === 0) return true;
  if (!answer.ok) report(at, { code: "invalid-value", message: answer.message, stage: "resolve" });
  else report(at, { code: "unknown-reference", message: missingVars(answer.missing), hint, stage: "resolve" });
  return false;
}

interface Unreplaced {
  readonly where: string;
  /** How to refer there to a variable that has the secret's value. */
  readonly instead: (name: string) => string;
}

function warnOfSecrets(written: string, at: At, { where, instead }: Unreplaced): void {
  const found = references(written);
  const [reference] = found.ok ? found.missing.filter((name) => name.startsWith("secrets.")) : [];
  if (reference === undefined) return;
  const name = reference.slice("secrets.".length);
  report(at, {
    severity: "warning",
    code: "secret-not-replaced",
    message: `\`\${{ ${reference} }}\` is not replaced ${where}`,
    hint: `write \`${name}=\${{ ${reference} }}\` in \`env\`, and \`${instead(name)}\` here`,
  });
}

import { z } from "zod";

/** What the reference answered. */
const answer = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false) }).loose(),
]);

const conformanceCase = z.object({
  name: z.string(),
  input: z.unknown(),
  expected: answer,
  expected_seed: answer.optional(),
  head_only: z.boolean().optional(),
});

export type Case = z.infer<typeof conformanceCase>;
export type Answer = z.infer<typeof answer>;

/** A file of cases; what else it holds is for its own kind of case. */
export const caseFile = z.object({ cases: z.array(conformanceCase) }).loose();
export type CaseFile = z.infer<typeof caseFile>;

/** Where this program answers otherwise on purpose. */
export interface Difference {
  /** Looks for what the reason is about; only cases whose answers differ are shown to it. */
  readonly matches: (conformanceCase: Pick<Case, "name" | "input">, file: string) => boolean;
  readonly reason: string;
}

/** `ok: null`: skipped, or a documented difference. */
export interface CaseResult {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean | null;
  readonly detail: string;
}

/** What this program answers to a case's input: a value, a refusal, or that it does not answer cases of this kind. */
export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "refused"; readonly messages: readonly string[] }
  | { readonly kind: "skipped"; readonly reason: string };

/** Answers the cases of one file. */
export type Answerer = (input: unknown, context: { readonly name: string; readonly file: CaseFile }) => Outcome;

export function value(answered: unknown): Outcome {
  return { kind: "value", value: answered };
}

export function refused(...messages: readonly string[]): Outcome {
  return { kind: "refused", messages };
}

export function skipped(reason: string): Outcome {
  return { kind: "skipped", reason };
}

export function unknownKind(kind: string): Outcome {
  return skipped(`no cases of the kind ${kind} are known`);
}

import { z } from "zod";

/** What the commands say with `--json` (README, "JSON"), as far as the action reads it: added members are let through. */
export const DiagnosticDocument = z.looseObject({
  severity: z.enum(["error", "warning", "note"]),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  endLine: z.number().optional(),
  endColumn: z.number().optional(),
});
export type DiagnosticDocument = z.infer<typeof DiagnosticDocument>;

/** What `plan` would do with one service. */
export const PlannedServiceDocument = z.looseObject({
  name: z.string(),
  file: z.string().nullable(),
  action: z.enum(["none", "update", "scale", "rolling", "restart", "create", "destroy"]),
  deployment: z.object({ from: z.number().nullable(), to: z.number().nullable() }),
  changes: z.array(
    z.looseObject({
      path: z.string(),
      part: z.enum(["repo_id", "repo_data", "repo_code_hash"]).optional(),
      effect: z.string(),
      file: z.string().nullable(),
      line: z.number().nullable(),
    }),
  ),
  replicas: z.object({ current: z.number(), min: z.number(), max: z.number() }),
  price: z.looseObject({ before: z.number(), after: z.number(), max: z.number() }),
  timeline: z.array(
    z.looseObject({ at: z.number(), event: z.string(), replica: z.number().nullable(), detail: z.string() }),
  ),
  reasons: z.array(z.looseObject({ about: z.string(), text: z.string() })),
  refusal: z.string().nullish(),
  held: z.string().nullish(),
});
export type PlannedServiceDocument = z.infer<typeof PlannedServiceDocument>;

/** The document of `plan`. */
export const PlanDocument = z.looseObject({
  version: z.literal(1),
  id: z.string(),
  profile: z.string().nullish(),
  services: z.array(PlannedServiceDocument),
  diagnostics: z.array(DiagnosticDocument),
});
export type PlanDocument = z.infer<typeof PlanDocument>;

/** The last line of `apply` and `tick`. */
export const OutcomeDocument = z.looseObject({
  version: z.literal(1),
  event: z.literal("outcome"),
  ok: z.boolean(),
  planned: z.number(),
  done: z.number(),
  services: z.array(z.looseObject({ name: z.string(), result: z.string(), verdict: z.string().nullable() })),
});
export type OutcomeDocument = z.infer<typeof OutcomeDocument>;

/** What is printed instead when the input is invalid. */
const InvalidDocument = z.looseObject({ version: z.literal(1), diagnostics: z.array(DiagnosticDocument) });

/** Everything of interest that a command printed. */
export interface Printed {
  readonly plan: PlanDocument | null;
  readonly outcome: OutcomeDocument | null;
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** Reads a command's standard output: one document, or one a line. */
export function readPrinted(stdout: string): Printed {
  const documents = stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): unknown => JSON.parse(line));
  const plan = documents.map((one) => PlanDocument.safeParse(one).data).find((one) => one !== undefined) ?? null;
  const outcome =
    documents.map((one) => OutcomeDocument.safeParse(one).data).findLast((one) => one !== undefined) ?? null;
  const diagnostics = documents.flatMap((one) => InvalidDocument.safeParse(one).data?.diagnostics ?? []);
  return { plan, outcome, diagnostics };
}

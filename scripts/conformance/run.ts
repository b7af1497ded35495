import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { agrees } from "./agree.ts";
import { answerers } from "./answers.ts";
import type { Answer, Case, CaseFile, CaseResult, Outcome } from "./case.ts";
import { caseFile } from "./case.ts";
import { differences } from "./differences.ts";
import { markNumbers, unmarked } from "./numbers.ts";
import { skips } from "./skips.ts";

/** Runs every case file of a directory through the code that users run. */
export function runCases(directory: string): readonly CaseResult[] {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .toSorted();
  return files.flatMap((file) => runFile(file, readCases(readFileSync(join(directory, file), "utf8"))));
}

/** Inputs keep how their numbers are written. */
function readCases(text: string): CaseFile {
  const exact = caseFile.parse(JSON.parse(markNumbers(text)));
  const plain = caseFile.parse(unmarked(exact));
  return { ...plain, cases: plain.cases.map((each, index) => ({ ...each, input: exact.cases[index]?.input })) };
}

function runFile(file: string, content: CaseFile): readonly CaseResult[] {
  return content.cases.map((conformanceCase) => ({
    file,
    name: conformanceCase.name,
    ...judge(file, content, conformanceCase),
  }));
}

/** Files in which also what only later versions of the reference have is answered, as far as it is here. */
const laterOnes: ReadonlySet<string> = new Set(["autoscaler.json", "offers.json", "state_machine.json", "stats.json"]);

type Judgement = Pick<CaseResult, "ok" | "detail">;

function judge(file: string, content: CaseFile, conformanceCase: Case): Judgement {
  const { name, input, expected, expected_seed } = conformanceCase;
  const answerer = answerers[file];
  if (answerer === undefined) return { ok: null, detail: `skipped: ${skips.file.reason}` };
  if (conformanceCase.head_only === true && !laterOnes.has(file))
    return { ok: null, detail: `skipped: ${skips.laterOnly.reason}` };
  const outcome = answered(() => answerer(input, { name, file: content }));
  if (outcome.kind === "skipped") return { ok: null, detail: `skipped: ${outcome.reason}` };
  const wanted = expected_seed ?? expected;
  if (fits(wanted, outcome)) return { ok: true, detail: "" };
  const difference = differences.find(({ matches }) => matches({ name, input: unmarked(input) }, file));
  if (difference !== undefined) return { ok: null, detail: `documented difference: ${difference.reason}` };
  return { ok: false, detail: `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(outcome)}` };
}

/** A case that breaks its answerer fails alone. */
function answered(answer: () => Outcome): Outcome {
  try {
    return answer();
  } catch (error) {
    return { kind: "value", value: String(error) };
  }
}

function fits(wanted: Answer, outcome: Outcome): boolean {
  if (!wanted.ok) return outcome.kind === "refused";
  if (outcome.kind !== "value") return false;
  return agrees(compared(wanted.value), outcome.value);
}

/** What a case records and no answer has: the reference's own error texts, and its drawing of a diff. */
function compared(expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || !("changed_spec_fields" in expected)) return expected;
  return Object.fromEntries(Object.entries(expected).filter(([key]) => key !== "error" && key !== "cli_diff"));
}

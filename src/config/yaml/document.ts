import { Composer, type Document, Lexer, Parser } from "yaml";

/** Something wrong with the YAML itself; offsets into the text, the end exclusive. */
export interface YamlProblem {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly start: number;
  readonly end: number;
  /** A second place, such as the first of two equal keys. */
  readonly related?: { readonly offset: number; readonly message: string };
}

export interface ParsedDocument {
  /** `null` when there is none, or its size is beyond the limits. */
  readonly document: Document.Parsed | null;
  readonly problems: readonly YamlProblem[];
}

/** Collections that are open at once; real service files stay under 10. */
export const maxDepth = 100;
/** Words and signs of the file; a service file of 100 lines has about 1,000. */
export const maxTokens = 60_000;
const maxProblems = 20;

/**
 * YAML text as nodes with places. Scalars are left unresolved (`resolvePlain` knows what they mean), duplicate keys
 * unchecked (the library compares each with each).
 */
export function parseDocument(text: string): ParsedDocument {
  // The library makes an error object for each problem, which may be one a character: without a stack they cost little.
  const stackTraceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return compose(text);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Feeds the composer token by token, so that depth and size are known before anything recurses into them. */
function compose(text: string): ParsedDocument {
  const composer = new Composer({
    schema: "failsafe",
    version: "1.1",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const parser = new Parser();
  const documents: Document.Parsed[] = [];
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (parser.stack.length > maxDepth) return beyond("yaml-depth", "collections are nested too deep", parser.offset);
    tokens += 1;
    if (tokens > maxTokens)
      return beyond("yaml-size", `the file has more than ${maxTokens} words and signs`, parser.offset);
    if (documents.length > 1) break;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  return judged(documents);
}

function judged([document, second]: readonly Document.Parsed[]): ParsedDocument {
  if (document === undefined) return { document: null, problems: [] };
  const problems = [...document.errors, ...document.warnings.filter(({ code }) => code === "BAD_DIRECTIVE")]
    .slice(0, maxProblems)
    .map(({ message, pos: [start, end] }): YamlProblem => ({
      severity: "error",
      code: "yaml-syntax",
      message,
      start,
      end,
    }));
  if (second === undefined) return { document, problems };
  return { document, problems: [...problems, severalDocuments(second.range[0])] };
}

function severalDocuments(start: number): YamlProblem {
  const hint = "put each service into a file of its own";
  return {
    severity: "error",
    code: "yaml-documents",
    message: "expected one YAML document, got several",
    hint,
    start,
    end: start + 1,
  };
}

function beyond(code: string, message: string, start: number): ParsedDocument {
  return { document: null, problems: [{ severity: "error", code, message, start, end: start + 1 }] };
}

import type { Change } from "./store.ts";

/** What a commit's message says for programs. */
export interface Trailers {
  readonly generation: number;
  /** Makes commits of two writers differ although everything else is equal: else both would seem to win. */
  readonly nonce: string;
}

/** What happened, for people: a line, details, and who asked for it. */
export type Happening = Pick<Change, "message" | "details" | "by">;

/** What tools show of a first line before they cut it. */
export const subjectWidth = 72;

/** The message of a state commit: what happened in one line, what there is to say beyond it, then trailers. */
export function messageOf(happenings: readonly Happening[], trailers: Trailers): string {
  const [first = "", ...others] = happenings.map(({ message }) => plainLine(message));
  const subject = others.length === 0 ? first : shortened(first, others.length);
  const body = happenings.flatMap(({ message, details = [] }) => [
    // The subject is not said again.
    ...(others.length === 0 && plainLine(message) === subject ? [] : [`- ${plainLine(message)}`]),
    ...details.map((detail) => `${others.length === 0 ? "" : "  "}- ${plainLine(detail)}`),
  ]);
  const by = [...new Set(happenings.flatMap((happening) => happening.by ?? []))].map(plainLine);
  const paragraph = [
    ...by.map((name) => `By: ${name}`),
    `Generation: ${trailers.generation}`,
    `Nonce: ${trailers.nonce}`,
  ];
  return `${[subject, body.join("\n"), paragraph.join("\n")].filter((text) => text !== "").join("\n\n")}\n`;
}

/** As much of the first happening as there is room for beside the number of the others. */
function shortened(first: string, others: number): string {
  const more = ` (and ${others} more)`;
  return `${first.length + more.length > subjectWidth ? `${first.slice(0, subjectWidth - more.length - 1)}…` : first}${more}`;
}

function plainLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").trim();
}

/** The values of a trailer of a commit's message; none in one that was written by hand. */
export function trailersOf(message: string, key: "By" | "Generation" | "Nonce"): readonly string[] {
  const lines = lastParagraph(message).split("\n");
  return lines.flatMap((line) => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
}

/**
 * The generation of a commit, from its message and its ancestors', newest first: commits made by hand have no trailer and
 * count from the nearest one that does. `null`: none has one.
 */
export function generationOf(messages: readonly string[]): number | null {
  for (const [distance, message] of messages.entries()) {
    const found = writtenGeneration(message);
    if (found !== null) return found + distance;
  }
  return null;
}

/** The generation that a commit's own message says. */
export function writtenGeneration(message: string): number | null {
  const [found] = trailersOf(message, "Generation");
  return found !== undefined && /^\d+$/.test(found) ? Number(found) : null;
}

function lastParagraph(message: string): string {
  return message.trimEnd().split("\n\n").at(-1) ?? "";
}

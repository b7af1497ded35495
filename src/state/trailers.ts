/** What a commit's message says for programs. */
export interface Trailers {
  readonly generation: number;
  /** Makes commits of two writers differ although everything else is equal: else both would seem to win. */
  readonly nonce: string;
}

/** The message of a state commit: what happened, then trailers. */
export function messageOf(happenings: readonly string[], trailers: Trailers): string {
  const lines = happenings.map((text) => text.replaceAll(/\p{Cc}+/gu, " ").trim());
  const [first = ""] = lines;
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : "";
  const body = lines.length > 1 ? `${lines.map((line) => `- ${line}`).join("\n")}\n\n` : "";
  return `${first}${more}\n\n${body}Generation: ${trailers.generation}\nNonce: ${trailers.nonce}\n`;
}

/**
 * The generation of a commit, from its message and its ancestors', newest first: commits made by hand have no trailer and
 * count from the nearest one that does. `null`: none has one.
 */
export function generationOf(messages: readonly string[]): number | null {
  for (const [distance, message] of messages.entries()) {
    const paragraph = message.trimEnd().split("\n\n").at(-1) ?? "";
    const found = /^Generation: (\d+)$/m.exec(paragraph)?.[1];
    if (found !== undefined) return Number(found) + distance;
  }
  return null;
}

/**
 * Text as it may reach a terminal: messages, names and answers in it were written by others, and what moves the cursor, names
 * the window or turns text round would show something else than what is there. Line breaks, tabs and colours stay.
 */
export function terminalText(text: string): string {
  return text.replace(/\u001B(?!\[[\d;]*m)|[[\p{Cc}\p{Bidi_Control}]--[\n\t\u001B]]/gv, "\u{FFFD}");
}

/** The same of what others wrote alone: on one line, and in no colour of theirs. */
export function terminalLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\u{FFFD}");
}

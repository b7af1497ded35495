/**
 * Text as it may reach a terminal: messages, names and answers in it were written by others, and what moves the cursor, names
 * the window or turns text round would show something else than what is there. Line breaks, tabs and colours stay.
 */
export function terminalText(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}](\[[\d;]*m)?/gu, (found: string, colour: string | undefined) => {
    const isHarmless = /^[\n\t]/.test(found) || (found.startsWith("\u001B") && colour !== undefined);
    return isHarmless ? found : terminalLine(found);
  });
}

/** The same of what others wrote alone: on one line, and in no colour of theirs. */
export function terminalLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\u{FFFD}");
}

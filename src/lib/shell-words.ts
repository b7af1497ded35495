/**
 * Splits a command line as Python's `shlex` does: as a POSIX shell would, with nothing expanded, but for a backslash between
 * double quotes, which stays before all but `"` and `\`. `null` for an open quote.
 */
export function shellWords(text: string): readonly string[] | null {
  const words: string[] = [];
  // One part of a word: blanks, '…', "…", \c or a run of plain characters.
  const part = /[ \t\r\n]+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^ \t\r\n'"\\]+)/y;
  let word: string | null = null;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return null;
    const [whole, single, double, escaped, plain] = match;
    if (/^[ \t\r\n]/.test(whole)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word = (word ?? "") + (single ?? double?.replaceAll(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "");
  }
  if (word !== null) words.push(word);
  return words;
}

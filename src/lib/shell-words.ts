/** Splits a command line as a POSIX shell does, quotes and backslashes resolved, nothing expanded; `null` for an open quote. */
export function shellWords(text: string): readonly string[] | null {
  const words: string[] = [];
  // One part of a word: blanks, '…', "…", \c or a run of plain characters.
  const part = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;
  let word: string | null = null;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return null;
    const [whole, single, double, escaped, plain] = match;
    if (/^\s/.test(whole)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word = (word ?? "") + (single ?? double?.replaceAll(/\\([$`"\\\n])/g, unescape) ?? escaped ?? plain ?? "");
  }
  if (word !== null) words.push(word);
  return words;
}

function unescape(_: string, character: string): string {
  return character === "\n" ? "" : character;
}

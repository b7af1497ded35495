/** What Python calls white space; JavaScript has U+FEFF in it, and not the separators from U+001C to U+001F. */
const blank = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const outer = new RegExp(`^[${blank}]+|[${blank}]+$`, "g");

/** Python's `strip`: a text without the white space around it. */
export function strip(text: string): string {
  return text.replaceAll(outer, "");
}

/** What Python calls white space; JavaScript has U+FEFF in it, and not the separators from U+001C to U+001F. */
// oxlint-disable-next-line no-control-regex -- white space, to Python
const blank = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Python's `strip`: a text without the white space around it. Takes time in proportion to the text, which a pattern that looks for its end does not. */
export function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && blank.test(text.charAt(start))) start += 1;
  while (end > start && blank.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

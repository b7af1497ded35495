/** Longer texts say no more, and a page of hundreds of services must stay small. */
const longest = 300;

/** Text that somebody else wrote, on one line and of bounded length, without characters that hide or turn round what stands beside them. */
export function plainText(text: string): string {
  const visible = text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ").replace(/[\p{Cf}\p{Cs}\p{Co}]/gu, "\u{fffd}");
  return visible.length <= longest ? visible : `${visible.slice(0, longest)}…`;
}

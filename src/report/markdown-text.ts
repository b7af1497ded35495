import { plainText } from "./plain-text.ts";

/** Text that somebody else wrote, so that it stays text in Markdown: no markup, HTML, link, mention or cell of its own. */
export function markdownText(text: string): string {
  const escaped = plainText(text).replace(/[\\`*_{}[\]<>|#&~$@]/g, (mark) => `\\${mark}`);
  // What looks like an address would make a link.
  return escaped.replaceAll("://", "\\://").replace(/www\./gi, (begin) => `${begin.slice(0, -1)}\\.`);
}

/** A link to a web address; any other one stays text. */
export function markdownLink(url: string, text: string): string {
  if (!/^https?:\/\//i.test(url)) return markdownText(text);
  const target = url.replace(/[^\w\-.~:/?#@!$&*+,;=%]/gu, (mark) => encodeURIComponent(mark.toWellFormed()));
  // These end a link, and are let through by what encodes addresses.
  return `[${markdownText(text)}](${target.replace(/[()']/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)})`;
}

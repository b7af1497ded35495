import { plainText } from "./plain-text.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that somebody else wrote, as it may stand in an element and in a quoted attribute. */
export function htmlText(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (mark) => entities[mark] ?? "");
}

/** A link to a web address; anything else stays text. */
export function htmlLink(url: string, text: string): string {
  return /^https?:\/\//i.test(url)
    ? `<a href="${htmlText(url)}" rel="noreferrer">${htmlText(text)}</a>`
    : htmlText(text);
}

/** The same of a sentence in which names of commands and properties stand between backticks. */
export function htmlProse(text: string): string {
  return htmlText(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

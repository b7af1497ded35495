import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Draws text in a colour where there are colours. */
export type Paint = (format: Format, text: string) => string;

export function painter(colors: boolean): Paint {
  // The terminal was looked at where the program began; here nothing but the answer counts.
  return (format, text) => (colors ? styleText(format, text, { validateStream: false }) : text);
}

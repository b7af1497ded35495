/** Whole floats of a JSON text as strings with a mark, because parsing makes `8.0` the number 8. */
export function markFloats(text: string): string {
  return text.replaceAll(/(?<=[:[,]\s*)-?\d+\.0(?=\s*[,\]}])/g, (float) => `"${mark}${float}"`);
}

/** The text of a value whose marked floats are floats again. */
export function stringifyMarked(input: unknown): string {
  return JSON.stringify(input).replaceAll(new RegExp(`"${mark}([-\\d.]+)"`, "g"), "$1");
}

/** A value whose marked floats are plain numbers, for what is no YAML. */
export function unmarked(input: unknown): unknown {
  return JSON.parse(stringifyMarked(input));
}

const mark = "float of the case: ";

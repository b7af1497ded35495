/**
 * JSON text whose numbers are strings with a mark wherever parsing would lose how they are written: `8.0` is not `8` to the
 * reference, and whole numbers have any number of digits. Python writes NaN and infinities too.
 */
export function markNumbers(text: string): string {
  return text.replaceAll(token, (found) => (isPlain(found) ? found : JSON.stringify(mark + found)));
}

/** A value with marked numbers as YAML 1.1 that means the same. */
export function yamlOf(input: unknown): string {
  return JSON.stringify(input)
    .replaceAll(marked, (_, written: string) => yamlNumber(written))
    .replaceAll(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value whose marked numbers are numbers as near as there are, for what is no YAML. */
export function unmarked(input: unknown): unknown {
  return JSON.parse(
    JSON.stringify(input).replaceAll(marked, (_, written: string) => (isFinite(written) ? written : "null")),
  );
}

const mark = "number of the case: ";
const marked = new RegExp(`"${mark}([^"]+)"`, "g");
/** Strings are matched in order to be passed over. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity|NaN/g;
/** What YAML text must escape though JSON text need not. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function isPlain(found: string): boolean {
  return found.startsWith('"') || (Number.isSafeInteger(Number(found)) && String(Number(found)) === found);
}

function isFinite(written: string): boolean {
  return Number.isFinite(Number(written));
}

/** YAML 1.1 wants a point in every float, and a sign in every exponent. */
function yamlNumber(written: string): string {
  if (!isFinite(written)) return written.replace("Infinity", ".inf").replace("NaN", ".nan");
  const [, mantissa = "", exponent] = /^([^eE]+)(?:[eE](.+))?$/.exec(written) ?? [];
  if (exponent === undefined) return mantissa;
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${/^[-+]/.test(exponent) ? "" : "+"}${exponent}`;
}

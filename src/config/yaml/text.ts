/** Why bytes are no text that can be parsed, and where. */
export interface TextProblem {
  readonly code: "file-too-large" | "encoding" | "control-character";
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
}

export type TextResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly text: string; readonly problem: TextProblem };

/** Files of more bytes than this are refused before they are read. */
export const maxFileSize = 256 * 1024;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** UTF-8 bytes as text (a byte order mark is skipped), or the reason why not. */
export function decodeText(bytes: Uint8Array): TextResult {
  if (bytes.byteLength > maxFileSize) {
    const message = `the file has ${bytes.byteLength} bytes; at most ${maxFileSize} are read`;
    return failed("", { code: "file-too-large", message, offset: 0 });
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return failed("", {
      code: "encoding",
      message: "the file is UTF-16; expected UTF-8",
      hint: "save it as UTF-8",
      offset: 0,
    });
  }
  const text = decodeUtf8(bytes);
  if (text === null) return invalidUtf8(bytes);
  const control = text.search(unprintable);
  if (control < 0) return { ok: true, text };
  const codePoint = text.codePointAt(control) ?? 0;
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  return failed(text, {
    code: "control-character",
    message: `the character ${name} is not allowed in YAML`,
    offset: control,
  });
}

/** What PyYAML's reader accepts, negated. */
const unprintable = /[^\t\n\r\u{20}-\u{7E}\u{85}\u{A0}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

function invalidUtf8(bytes: Uint8Array): TextResult {
  const text = new TextDecoder("utf-8").decode(bytes);
  const offset = Math.max(0, text.indexOf("\uFFFD"));
  return failed(text, { code: "encoding", message: "the file is not valid UTF-8", hint: "save it as UTF-8", offset });
}

function failed(text: string, problem: TextProblem): TextResult {
  return { ok: false, text, problem };
}

/** A place in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What keeps a text from being JSON, and where. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly offset: number;
  constructor(expected: string, offset: number, text: string) {
    const got = offset < text.length ? JSON.stringify(text.slice(offset, offset + 12).split("\n")[0]) : "the end";
    super(`expected ${expected}, got ${got}`);
    this.offset = offset;
  }
}

/** Line and column of an offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Where the value at a path begins in a JSON text, or the nearest one around it that is there; a member begins with its key. Throws `JsonError`. */
export function findInJson(text: string, path: readonly PropertyKey[]): Place {
  let offset = 0;
  let found = 0;
  value(path);
  space();
  if (offset < text.length) throw new JsonError("the end", offset, text);
  return placeAt(text, found);

  /** Reads a value. `rest` is the way to what is looked for inside; `null`: it is not in here. */
  function value(rest: readonly PropertyKey[] | null): void {
    space();
    if (text[offset] === "{") return members(rest);
    if (text[offset] === "[") return items(rest);
    if (text[offset] === '"') return void string();
    const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.])/y;
    literal.lastIndex = offset;
    const match = literal.exec(text);
    if (match === null) throw new JsonError("a value", offset, text);
    offset += match[0].length;
  }

  function members(rest: readonly PropertyKey[] | null): void {
    offset += 1;
    for (let isFirst = true; !closes("}", isFirst); isFirst = false) {
      const at = offset;
      if (text[offset] !== '"') throw new JsonError("a key in double quotes", offset, text);
      const key = string();
      space();
      if (text[offset] !== ":") throw new JsonError("`:`", offset, text);
      offset += 1;
      value(inside(rest, key, at));
    }
  }

  function items(rest: readonly PropertyKey[] | null): void {
    offset += 1;
    for (let index = 0; !closes("]", index === 0); index += 1) value(inside(rest, index, offset));
  }

  /** Past what stands between two members or items, to the next or to the end. */
  function closes(end: "}" | "]", isFirst: boolean): boolean {
    space();
    if (text[offset] === end) {
      offset += 1;
      return true;
    }
    if (isFirst) return false;
    if (text[offset] !== ",") throw new JsonError(`\`,\` or \`${end}\``, offset, text);
    offset += 1;
    space();
    return false;
  }

  function inside(rest: readonly PropertyKey[] | null, key: PropertyKey, at: number): readonly PropertyKey[] | null {
    if (rest === null || rest[0] !== key) return null;
    found = at;
    return rest.slice(1);
  }

  function string(): string {
    const quoted = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
    quoted.lastIndex = offset;
    const match = quoted.exec(text);
    if (match === null) throw new JsonError("a string that ends on its line", offset, text);
    offset += match[0].length;
    return String(JSON.parse(match[0]));
  }

  function space(): void {
    while (offset < text.length && " \t\r\n".includes(text[offset] ?? "")) offset += 1;
  }
}

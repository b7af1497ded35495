import { isList, isMapping, type YamlValue } from "../yaml/value.ts";
import { type At, child, invalid, type Invalid, type Issue, refuse, type Schema, unexpected } from "./schema.ts";

interface ListLimits {
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A list of values of one kind. */
export function list<T>(
  item: Schema<T>,
  { minItems = 0, maxItems = Number.POSITIVE_INFINITY }: ListLimits = {},
): Schema<readonly T[]> {
  return {
    expects: "a list",
    json: () => ({
      type: "array",
      items: item.json(),
      ...(minItems > 0 ? { minItems } : {}),
      ...(Number.isFinite(maxItems) ? { maxItems } : {}),
    }),
    read: (value, at) => {
      if (!isList(value)) return unexpected("a list", value, at);
      if (value.length > maxItems) return refuse(at, `expected at most ${maxItems} items, got ${value.length}`);
      if (value.length < minItems)
        return refuse(at, minItems === 1 ? "expected a list that is not empty" : `expected at least ${minItems} items`);
      const result: T[] = [];
      for (const [index, element] of value.entries()) {
        const read = item.read(element, child(at, index));
        if (read !== invalid) result.push(read);
      }
      return result.length === value.length ? result : invalid;
    },
  };
}

/** One value or several, as a list. */
export function oneOrMore<T>(item: Schema<T>): Schema<readonly T[]> {
  const several = list(item);
  return {
    expects: `${item.expects}, or a list`,
    json: () => ({ anyOf: [item.json(), several.json()] }),
    read: (value, at) => {
      if (isList(value)) return several.read(value, at);
      const read = item.read(value, at);
      return read === invalid ? invalid : [read];
    },
  };
}

/** The first form whose kind of value fits decides; its problems are the ones told. */
export function forms<T>(
  expects: string,
  choices: readonly { readonly fits: (value: YamlValue) => boolean; readonly schema: Schema<T> }[],
): Schema<T> {
  return {
    expects,
    json: () => ({ anyOf: choices.map(({ schema }) => schema.json()) }),
    read: (value, at) => {
      const choice = choices.find(({ fits }) => fits(value));
      return choice === undefined ? unexpected(expects, value, at) : choice.schema.read(value, at);
    },
  };
}

/** What the first schema reads, else what the second does; where neither can, the problems are the first's, whose forms editors are told. */
export function firstOf<T>(first: Schema<T>, second: Schema<T>): Schema<T> {
  return {
    ...first,
    read: (value, at) => {
      const attempt = tryTo(first, value, at);
      const other = attempt.ok ? attempt : tryTo(second, value, at);
      const { issues, read } = other.ok ? other : attempt;
      at.issues.push(...issues);
      return read;
    },
  };
}

interface Attempt<T> {
  readonly ok: boolean;
  readonly read: T | Invalid;
  readonly issues: readonly Issue[];
}

/** What a schema would read, and say, without saying it. */
function tryTo<T>(schema: Schema<T>, value: YamlValue, at: At): Attempt<T> {
  const issues: Issue[] = [];
  const read = schema.read(value, { ...at, issues });
  return { ok: read !== invalid && issues.every(({ severity }) => severity !== "error"), read, issues };
}

/** A mapping of free names. */
export function mappingOf<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    expects: "a mapping",
    json: () => ({ type: "object", additionalProperties: item.json() }),
    read: (value, at) => {
      if (!isMapping(value)) return unexpected("a mapping", value, at);
      const entries: [string, T][] = [];
      for (const [key, element] of value) {
        const read = item.read(element, child(at, key));
        if (read !== invalid) entries.push([key, read]);
      }
      return entries.length === value.size ? Object.fromEntries(entries) : invalid;
    },
  };
}

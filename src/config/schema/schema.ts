import type { Json } from "../../lib/canonical-json.ts";
import type { Part, Path } from "../yaml/places.ts";
import { describeValue, type YamlValue } from "../yaml/value.ts";

/** JSON Schema (draft 2020-12) of what people may write. */
export type JsonSchema = { readonly [keyword: string]: Json | undefined };

/** A keyword's values, of which there may be several, one or none. */
export function valuesOf(keyword: Json | undefined): readonly Json[] {
  const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
  if (keyword === undefined) return [];
  return isList(keyword) ? keyword : [keyword];
}

/** How one kind of value is read: every form that people may write becomes one normalised value, or problems with places. */
export interface Schema<T> {
  /** Completes "expected …". */
  readonly expects: string;
  readonly json: () => JsonSchema;
  readonly read: (value: YamlValue, at: At) => T | Invalid;
}

/** What reading gives where a problem was reported. */
export const invalid: unique symbol = Symbol("invalid");
export type Invalid = typeof invalid;

/** One property: all that parsing, documentation and editors need to know of it. Without a default it must be given. */
export interface Field<T> {
  readonly schema: Schema<T>;
  readonly default?: T;
  /** The default as a file would say it, where that is not the value itself: `5m`, `8GB..`. */
  readonly writtenDefault?: Json;
  /** One sentence, Markdown. */
  readonly description: string;
  /** As it is written in a file. */
  readonly example: Json;
  readonly deprecated?: true;
}

/** Where a value stands, and where its problems go. */
export interface At {
  readonly parent: At | null;
  readonly key: string | number;
  readonly issues: Issue[];
}

/** A problem of a property; its place in the text is found later, and only if there is one. */
export interface Issue {
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly path: Path;
  readonly part: Part;
  readonly related?: { readonly path: Path; readonly message: string };
  /** The reference finds it only when it plans, or when it resolves references; absent: when it parses. */
  readonly stage?: "plan" | "resolve";
}

/** More problems than this in one file are not told. */
export const maxIssues = 100;

export function root(issues: Issue[]): At {
  return { parent: null, key: "", issues };
}

export function child(parent: At, key: string | number): At {
  return { parent, key, issues: parent.issues };
}

export function pathOf(at: At): Path {
  const path: (string | number)[] = [];
  for (let place = at; place.parent !== null; place = place.parent) path.unshift(place.key);
  return path;
}

/** Tells a problem of the value at a place. */
export function report(at: At, issue: Pick<Issue, "code" | "message"> & Partial<Issue>): Invalid {
  if (at.issues.length < maxIssues) at.issues.push({ severity: "error", path: pathOf(at), part: "value", ...issue });
  return invalid;
}

/** The commonest problem: a value of the wrong kind. */
export function unexpected(expects: string, value: YamlValue, at: At): Invalid {
  return report(at, { code: "wrong-type", message: `expected ${expects}, got ${describeValue(value)}` });
}

/** A value of the right kind that breaks a rule. */
export function refuse(at: At, message: string, more: Partial<Issue> = {}): Invalid {
  return report(at, { code: "invalid-value", message, ...more });
}

/** A value that can be read, and that no plan is made with: an error too, but the properties beside it are judged with it. */
export function refuseToPlan(at: At, message: string, more: Partial<Issue> = {}): void {
  report(at, { code: "invalid-value", message, stage: "plan", ...more });
}

/** A value that YAML reads otherwise than it looks. */
export function trap(at: At, message: string, hint: string): void {
  report(at, { code: "yaml-trap", severity: "warning", message, hint });
}

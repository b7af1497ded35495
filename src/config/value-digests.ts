import { createHmac } from "node:crypto";

import { canonicalJson } from "../lib/canonical-json.ts";
import { UserError } from "../lib/user-error.ts";

/** Digests of the values that a replica was given, by name: they tell that a value is another one, and nothing of what it is. */
export interface ValueDigests {
  /** Names the key that they were made with: digests of different keys say nothing of each other. */
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Makes the digests of one service's values. */
export interface Digester {
  /** The key's name in this state. */
  readonly key: string;
  digest(name: string, value: string): string;
}

const keyVariable = "DSTACK_GITOPS_DIGEST_KEY";

/** With a key that can be guessed, short values could be, too. */
const shortestKey = 16;

/** The key for digests, a secret like the values; `null`: there is none, and no digests are made. */
export function digestKeyIn(environment: Readonly<Record<string, string | undefined>>): string | null {
  const key = environment[keyVariable] ?? "";
  if (key === "") return null;
  if (key.length >= shortestKey) return key;
  throw new UserError("short-digest-key", `${keyVariable} is shorter than ${shortestKey} characters`, {
    hint: "expected a random text, such as `openssl rand -hex 32` prints; without the variable no digests are made",
  });
}

/**
 * HMAC-SHA-256, cut to 64 bits, of a value with its place: equal values of two states, services or names have different
 * digests, so that none can be found out by giving the same value elsewhere. The key keeps short values from being tried out.
 */
export function digesterOf(key: string, place: { readonly stateId: string; readonly service: string }): Digester {
  const { stateId, service } = place;
  return {
    key: hmac(key, ["key", stateId]),
    digest: (name, value) => hmac(key, ["value", stateId, service, name, value]),
  };
}

/** Digests of values by name; `null` where there are no values. */
export function digestsOf(values: Readonly<Record<string, string>>, digester: Digester): ValueDigests | null {
  const names = Object.keys(values).sort();
  if (names.length === 0) return null;
  return {
    key: digester.key,
    values: Object.fromEntries(names.map((name) => [name, digester.digest(name, values[name] ?? "")])),
  };
}

function hmac(key: string, message: readonly string[]): string {
  return createHmac("sha256", key).update(canonicalJson(message)).digest("hex").slice(0, 16);
}

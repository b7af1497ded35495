import { hash } from "node:crypto";

import { canonicalJson } from "./canonical-json.ts";

/** `sha256:<hex>` of a value's canonical JSON: the identity of specs, jobs and plans. */
export function digest(value: unknown): string {
  return `sha256:${hash("sha256", canonicalJson(value))}`;
}

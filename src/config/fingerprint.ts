import { digest } from "../lib/digest.ts";
import type { ServiceSpec } from "./spec.ts";

/** Specs never change, and a record's are asked for with each of its writes. */
const known = new WeakMap<ServiceSpec, string>();

/** Identity of a spec, `sha256:<hex>`: specs that mean the same have the same, however they are written. */
export function fingerprint(spec: ServiceSpec): string {
  const before = known.get(spec);
  if (before !== undefined) return before;
  const identity = digest(spec);
  known.set(spec, identity);
  return identity;
}

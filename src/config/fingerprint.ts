import { digest } from "../lib/digest.ts";
import type { ServiceSpec } from "./spec.ts";

/** Identity of a spec, `sha256:<hex>`: specs that mean the same have the same, however they are written. */
export function fingerprint(spec: ServiceSpec): string {
  return digest(spec);
}

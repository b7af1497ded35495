import { z } from "zod";

/** A service's name. */
export const name = z.string().regex(/^[a-z][a-z0-9-]*$/, "expected a service name");
export const time = z.iso.datetime({ error: "expected an RFC 3339 time in UTC" });
export const count = z.int().min(0);
export const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected sha256: and 64 hex digits");
export const commit = z.string().nullable();

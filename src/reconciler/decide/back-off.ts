import type { ReplicaError } from "../../state/record.ts";

/** Seconds before attempt n+1 after n failures in a row (facts §5.3); the first replacement is immediate. */
const delays = [0, 15, 30, 60, 120, 300, 600] as const;

/** When the next attempt may start, in milliseconds since the epoch. A lack of capacity never retries at once. */
export function retryAt(code: ReplicaError["code"], failures: number, now: number): number {
  const row = code === "no-capacity" ? failures : failures - 1;
  return now + 1000 * (delays[Math.min(Math.max(row, 0), delays.length - 1)] ?? 0);
}

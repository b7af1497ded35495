/** RFC 3339 UTC with milliseconds, from milliseconds since the epoch. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds since the epoch, from an RFC 3339 time that `toTimestamp` made. */
export function fromTimestamp(timestamp: string): number {
  return Date.parse(timestamp);
}

/** `2026-11-26 09:20 UTC`, of an RFC 3339 time in UTC. */
export function minuteText(at: string): string {
  return `${at.slice(0, 16).replace("T", " ")} UTC`;
}

/** `2026-11-26 09:20:05 UTC`. */
export function secondText(at: string): string {
  return `${at.slice(0, 19).replace("T", " ")} UTC`;
}

/** How long ago, in the reference's words and with its roundings (facts §11.4); nothing of the future. Milliseconds since the epoch. */
export function formatAgo(time: number, now: number): string {
  const seconds = Math.floor((now - time) / 1000);
  const days = Math.floor(seconds / 86_400);
  if (seconds < 0) return "";
  if (seconds < 10) return "now";
  if (seconds < 60) return `${seconds} sec ago`;
  if (seconds < 3_600) return ago(seconds < 120 ? 1 : roundHalfEven(seconds / 60), "min");
  if (seconds < 86_400) return ago(seconds < 7_200 ? 1 : roundHalfEven(seconds / 3_600), "hour");
  if (days === 1) return "yesterday";
  if (days < 7) return ago(days, "day");
  if (days < 31) return ago(roundHalfEven(days / 7), "week");
  if (days < 365) return ago(roundHalfEven(days / 30), "month");
  return ago(roundHalfEven(days / 365), "year");
}

/** How long something takes, in every unit that it fills: `45s`, `1h 30m`, `2d 5s`. */
export function formatElapsed(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, length] of units) {
    if (rest >= length) parts.push(`${Math.floor(rest / length)}${unit}`);
    rest %= length;
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}

const units = [
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

function ago(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const up = value - floor > 0.5 || (value - floor === 0.5 && floor % 2 === 1);
  return up ? floor + 1 : floor;
}

import { parseIntegerText } from "./schema/numbers.ts";

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
/** The reference's pattern ends before a line break, as a block of YAML has it. */
const withUnit = /^(?<amount>\d+) *(?<unit>[smhdw])\n?$/;

/** The reference's durations as seconds: `90`, `30s`, `2h`, `1 d`; `null` for anything else (`1h30m`, `500ms`, `5M`). */
export function parseDuration(text: string): number | null {
  const plain = parseIntegerText(text);
  if (plain !== null) return plain;
  const { amount, unit } = withUnit.exec(text)?.groups ?? {};
  if (amount === undefined || !isUnit(unit)) return null;
  const seconds = Number(amount) * units[unit];
  return Number.isSafeInteger(seconds) ? seconds : null;
}

function isUnit(unit: string | undefined): unit is keyof typeof units {
  return unit !== undefined && unit in units;
}

/** Seconds in the largest unit that divides them: `90s`, `90m`, `1w`. */
export function formatDuration(seconds: number): string {
  const unit = (["w", "d", "h", "m"] as const).find((name) => seconds !== 0 && seconds % units[name] === 0) ?? "s";
  return `${seconds / units[unit]}${unit}`;
}

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const withUnit = /^(?<amount>\d+) *(?<unit>[smhdw])$/;

/** The reference's durations as seconds: `90`, `30s`, `2h`, `1 d`; `null` for anything else (`1h30m`, `500ms`, `5M`). */
export function parseDuration(text: string): number | null {
  if (/^-?\d+$/.test(text)) return Number(text);
  const { amount, unit } = withUnit.exec(text)?.groups ?? {};
  if (amount === undefined || !isUnit(unit)) return null;
  return Number(amount) * units[unit];
}

function isUnit(unit: string | undefined): unit is keyof typeof units {
  return unit !== undefined && unit in units;
}

/** Seconds in the largest unit that divides them: `90s`, `90m`, `1w`. */
export function formatDuration(seconds: number): string {
  const unit = (["w", "d", "h", "m"] as const).find((name) => seconds !== 0 && seconds % units[name] === 0) ?? "s";
  return `${seconds / units[unit]}${unit}`;
}

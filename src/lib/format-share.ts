/** A share in [0, 1] in percent, to the tenth: `12.5%`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

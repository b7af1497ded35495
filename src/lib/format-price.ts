/** `$0.22`: up to four decimals, no trailing zeros (facts §11.3). */
export function formatPrice(price: number): string {
  const [whole, decimals = ""] = price.toFixed(4).split(".");
  const kept = decimals.replace(/0+$/, "");
  return `$${whole}${kept === "" ? "" : `.${kept}`}`;
}

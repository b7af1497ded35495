/** Replaces every value by `***`. Short values are left: hiding `1` or `on` hides nothing and makes text unreadable. */
export function redactor(values: readonly string[]): (text: string) => string {
  const secrets = [...new Set(values)].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((result, secret) => result.replaceAll(secret, "***"), text);
}

/**
 * Whether two values mean the same as JSON: members in any order, `undefined` ones left out. What is shared between both is
 * not looked into, so that comparing a value with an edited copy of itself costs as much as the edit.
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return isNoNumber(a) && isNoNumber(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return Array.isArray(a) && Array.isArray(b) ? sameItems(a, b) : sameMembers(a, b);
}

/** JSON has no NaN and no infinities: they are written as `null`. */
function isNoNumber(value: unknown): boolean {
  return value === null || (typeof value === "number" && !Number.isFinite(value));
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (const [index, item] of a.entries()) if (!isSameJson(item ?? null, b[index] ?? null)) return false;
  return true;
}

function sameMembers(a: Members, b: Members): boolean {
  let shared = 0;
  for (const key of Object.keys(a)) {
    const member = a[key];
    if (member === undefined) continue;
    if (!Object.hasOwn(b, key) || b[key] === undefined || !isSameJson(member, b[key])) return false;
    shared += 1;
  }
  for (const key of Object.keys(b)) if (b[key] !== undefined) shared -= 1;
  return shared === 0;
}

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

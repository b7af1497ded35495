import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an `Authorization` header carries one of the gateway's tokens. */
export type Authorize = (header: string | undefined) => boolean;

/** Checks bearer tokens in a time that tells nothing about them: digests of equal length, and always all of them. */
export function bearerAuthorization(tokens: readonly string[]): Authorize {
  const accepted = tokens.filter((token) => token !== "").map(digestOf);
  return (header) => {
    const token = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
    if (token === undefined) return false;
    const offered = digestOf(token);
    let matches = 0;
    for (const digest of accepted) matches += timingSafeEqual(digest, offered) ? 1 : 0;
    return matches > 0;
  };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

import { expect } from "vitest";

/** Matchers as values of no particular type, so that they may stand anywhere in an expectation. */
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const including = (...items: readonly unknown[]): unknown => expect.arrayContaining([...items]);
export const like = (members: Readonly<Record<string, unknown>>): unknown => expect.objectContaining(members);

import { rm } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { openObjectDatabase } from "../../src/state/object-database.ts";
import { tempRepository } from "../support/temp-repository.ts";
import type { TempRepository } from "../support/temp-repository.ts";

function open({ path }: TempRepository) {
  return openObjectDatabase({
    directory: join(path, ".git"),
    author: { name: "Test", email: "test@example.com" },
    clock: systemClock,
  });
}

it.each([
  { what: "is not asked for again", bytes: 1_000, again: 1 },
  { what: "is too large to be remembered", bytes: 5 * 2 ** 20, again: 0 },
])("a blob that was read $what", async ({ bytes, again }) => {
  await using repository = await tempRepository();
  await repository.write({ file: "x".repeat(bytes) });
  const id = await repository.git("hash-object", "-w", "file");
  const database = open(repository);
  expect((await database.contents([id])).get(id)).toHaveLength(bytes);
  await rm(join(repository.path, ".git/objects", id.slice(0, 2), id.slice(2)));
  expect((await database.contents([id])).size).toBe(again);
  expect((await open(repository).contents([id])).size).toBe(0);
});

it("of all blobs that were read, the last 16 MiB are remembered", async () => {
  await using repository = await tempRepository();
  const database = open(repository);
  const ids: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    await repository.write({ file: String(index).repeat(3 * 2 ** 20) });
    ids.push(await repository.git("hash-object", "-w", "file"));
    await database.contents(ids.slice(-1));
  }
  await rm(join(repository.path, ".git/objects"), { recursive: true });
  const remembered = await database.contents(ids).catch(() => null);
  expect(remembered).toBeNull();
  expect((await database.contents(ids.slice(1))).size).toBe(5);
});

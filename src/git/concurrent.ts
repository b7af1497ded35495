/** Calls `work` for each item, 32 at a time, so that a thousand files need no thousand open descriptors. Results are in the items' order. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const remaining = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of remaining) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(32, items.length) }, worker));
  return results;
}

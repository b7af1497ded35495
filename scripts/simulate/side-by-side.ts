/** Works on so many items at a time, and gives the results in the items' order. */
export async function* sideBySide<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const jobs = items.map((item) => ({ item, ...Promise.withResolvers<Result>() }));
  // Failures are thrown where their turn comes.
  for (const { promise } of jobs) promise.catch(() => undefined);
  const waiting = [...jobs];
  const lanes = Array.from({ length: most }, async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
      await work(job.item).then(job.resolve, job.reject);
  });
  for (const { item, promise } of jobs) yield [item, await promise];
  await Promise.all(lanes);
}

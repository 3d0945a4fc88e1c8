/**
 * What a promise gives, or `late()`'s error where that is not there in so many ms. An answer that came while the process was busy
 * counts: it is looked for once more before the time is held to be over.
 */
export function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let settled = false;
  const timer = setTimeout(() => {
    // Timers run before what has arrived is read, and this after it.
    setImmediate(() => {
      if (!settled) reject(late());
    });
  }, ms);
  const settle = (): void => {
    settled = true;
    clearTimeout(timer);
  };
  work.then(
    (value) => {
      settle();
      resolve(value);
    },
    (error: unknown) => {
      settle();
      reject(error);
    },
  );
  return promise;
}

// Several resources that end together, the last one first. Node 20 has no AsyncDisposableStack.

export type Keep = AsyncDisposable & { readonly keep: <T extends AsyncDisposable>(resource: T) => T }

/** All of them are ended, also where the end of one fails; its error is thrown afterwards. */
export function createKeep(): Keep {
  const kept: AsyncDisposable[] = []
  return {
    keep: (resource) => {
      kept.push(resource)
      return resource
    },
    [Symbol.asyncDispose]: async () => {
      const errors: unknown[] = []
      for (const resource of kept.toReversed()) {
        try {
          await resource[Symbol.asyncDispose]()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
}

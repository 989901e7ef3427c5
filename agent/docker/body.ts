// Collects a response's bytes.
// Owns the limit, and the comparison on the fly that makes an unchanged list cost no memory. Refuses to parse.

/** The response is longer than what was allowed for. */
export class TooLongError extends Error {
  override readonly name = 'TooLongError'
}

/**
 * The bytes of the stream; `like` itself if they are the same.
 *
 * Throws TooLongError beyond `bytesMax`, and what the stream throws.
 */
export async function readBody(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
  like: Buffer,
): Promise<Buffer> {
  const rest: Uint8Array[] = []
  let length = 0
  /** As many leading bytes are those of `like`, and are not kept a second time. */
  let same = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > bytesMax) throw new TooLongError(`more than ${bytesMax} bytes`)
    if (rest.length === 0 && standsAt(like, same, chunk)) same += chunk.length
    else rest.push(chunk)
  }
  return rest.length === 0 && same === like.length ? like : Buffer.concat([like.subarray(0, same), ...rest])
}

function standsAt(bytes: Buffer, at: number, chunk: Uint8Array): boolean {
  const end = at + chunk.length
  return end <= bytes.length && bytes.compare(chunk, 0, chunk.length, at, end) === 0
}

// Cuts a stream of bytes into lines.
// Owns the rest between chunks and its limit. Refuses to know what a line says.

/** The lines of the stream that are not empty, without their ends. Throws for a line longer than `bytesMax`. */
export async function* readLines(stream: AsyncIterable<Uint8Array>, bytesMax: number): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > bytesMax) throw new Error(`a line is longer than ${bytesMax} bytes`)
    for (const line of lines) if (line.trim() !== '') yield line
  }
}

// What a request's query may say: whole numbers, texts, lists of words.
// Refuses anything else with the sentence to answer.

/** A fault in a request, to be answered with status 400. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

/** A whole number within bounds; undefined where the query does not have it. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new BadRequest(`${name} is ${shown(text)}; expected a whole number from ${least} to ${most}`)
}

/** A text that must be there. */
export function requiredText(query: URLSearchParams, name: string, what: string): string {
  const text = query.get(name)?.trim() ?? ''
  if (text === '') throw new BadRequest(`${name} is missing; expected ${what}`)
  return text
}

/** Some of the words, all of them where the query names none. */
export function wordsOf<const T extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly T[],
): readonly T[] {
  const text = query.get(name)
  if (text === null) return words
  return text.split(',').map((part) => {
    const word = words.find((each) => each === part)
    if (word === undefined)
      throw new BadRequest(`${name} has ${shown(part)}; expected of ${words.join(', ')}`)
    return word
  })
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

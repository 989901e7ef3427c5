// The lists that a source asks an engine for, and what they say together.
// Refuses to know what is in them.

import type { List } from './list.ts'
import type { ListName } from './schedule.ts'

export type Lists<L> = {
  /** A part of the snapshot without a list of its own is told by another one, or nobody needs it now. */
  readonly byName: Readonly<Partial<Record<ListName, Pick<List<unknown>, 'refresh' | 'bytes'> | undefined>>>
  /** What the lists said last; undefined until each has been answered once. */
  readonly listed: () => L | undefined
}

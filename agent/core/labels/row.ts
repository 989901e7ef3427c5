// What a label is: its name, what may stand in it, and how it is read.
// Owns the prefixes and the shape of a row. Refuses the labels themselves (the *-rows.ts beside this) and their order (table.ts).

import type { ProblemCode } from '../problem.ts'
import type { Parsed } from './values.ts'

/** Interlock's prefix, the contract that Swarm's users know. */
export const labelPrefix = 'com.docker.lb.'

/** Of labels that Interlock did not have. */
export const ownPrefix = 'com.tidegate.lb.'

export type LabelRow<T> = {
  /** The whole name, prefix included. */
  readonly label: string
  readonly type: string
  readonly meaning: string
  readonly example: string
  /** What holds without the label, in words; absent where nothing does. */
  readonly default?: string
  /** The problem's code where the value is at fault. */
  readonly code: ProblemCode
  readonly parse: (text: string) => Parsed<T>
  /** What holds where nothing in the label can be used; absent: the same as without the label. */
  readonly fallback?: T
}

/** Labels alike but for the last part of their names, which says what each is about. */
export type FamilyRow<T> = Omit<LabelRow<T>, 'example' | 'parse' | 'fallback'> & {
  /** What stands for the last part of the name, in words. */
  readonly placeholder: string
  readonly example: { readonly member: string; readonly value: string }
  readonly parse: (member: string, text: string) => Parsed<T>
}

/** The values of some rows, by the rows' own keys. Undefined: the label is absent, or nothing in it could be used. */
export type ValuesOf<Rows> = {
  readonly [K in keyof Rows]: Rows[K] extends LabelRow<infer T> ? T | undefined : never
}

/** Reads one label of a service by its row, and takes note of what is wrong with it. */
export type ReadRow = <T>(row: LabelRow<T>) => T | undefined

/** Reads all labels of a family, sorted by their names; undefined where there is none, or none can be used. */
export type ReadFamily = <T>(row: FamilyRow<T>) => readonly T[] | undefined

// The labels that set headers: a family each, whose members end in the header's name.

import { type Header, parseHeader } from './header-values.ts'
import { type FamilyRow, ownPrefix } from './row.ts'

const family = <T>(given: FamilyRow<T>): FamilyRow<T> => ({ ...given, label: ownPrefix + given.label })

export const headerFamilies = {
  requestHeaders: family({
    label: 'request_header.',
    placeholder: '<Name>',
    type: 'printable ASCII',
    meaning: 'The application gets this header, whatever the client sent. Without a value: it never gets it.',
    example: { member: 'X-Environment', value: 'production' },
    code: 'option-invalid',
    parse: parseHeader,
  }),
  responseHeaders: family({
    label: 'response_header.',
    placeholder: '<Name>',
    type: 'printable ASCII',
    meaning:
      "The client gets this header, whatever the application sent, and on the edge's own pages too. Without a value: it never gets it.",
    example: { member: 'X-Frame-Options', value: 'DENY' },
    code: 'option-invalid',
    parse: parseHeader,
  }),
}

/** Each list sorted by name, each name once. Undefined where no label is there, or none can be used. */
export type HeaderValues = {
  readonly requestHeaders: readonly Header[] | undefined
  readonly responseHeaders: readonly Header[] | undefined
}

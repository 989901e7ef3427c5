// Every label that Tidegate acts on, in one table. Documents, `tidegate labels` and `check` are made from it.
// A new label is one more row in one of the *-rows.ts; the compiler asks for its lines in read-table.ts and changes.ts. Refuses to read (read.ts).

import { type HeaderValues, headerFamilies } from './header-families.ts'
import { type OptionValues, optionRows } from './option-rows.ts'
import { type RoutingValues, routingRows } from './routing-rows.ts'
import { type ServerValues, serverRows } from './server-rows.ts'
import { type TlsValues, tlsRows } from './tls-rows.ts'

/** The values of a service's labels. Undefined: the label is absent, or nothing in it could be used. */
export type LabelValues = RoutingValues & ServerValues & TlsValues & OptionValues & HeaderValues

export const labelTable = { ...routingRows, ...tlsRows, ...optionRows, ...serverRows }

/** Labels that come in families, besides. */
export const labelFamilies = headerFamilies

// `show servers state`: the reply that says where every server is and whether it takes traffic.
// Owns its columns and bits. Refuses another format version, and columns it cannot find by name.

import type { ObservedServer } from '../core/observed.ts'
import { badReply, linesOf } from './replies.ts'

export type ServerState = { readonly backend: string; readonly name: string; readonly server: ObservedServer }

const command = 'show servers state'

/**
 * FMAINT, IMAINT and RMAINT: by command, by tracking, by name resolution. CMAINT (4) is not among them: it tells that the
 * configuration said `disabled` once, and stays when a command has opened the server (server-t.h, SRV_ADMF_MAINT).
 */
const maintBits = 1 | 2 | 32
/** FDRAIN and IDRAIN. */
const drainBits = 8 | 16
/** Of a health check (check-t.h, CHK_ST_*): its keywords are there, and it is switched on. */
const checkBits = { configured: 2, enabled: 4 } as const

/** The columns that Tidegate reads, of the 25 that there are (management guide, section 9.3, `show servers state`). */
const columnNames = [
  'be_name',
  'srv_name',
  'srv_addr',
  'srv_port',
  'srv_uweight',
  'srv_admin_state',
  'srv_check_state',
] as const

type Columns = { readonly [N in (typeof columnNames)[number]]: number }

/**
 * Reads `show servers state`, which leaves out backends without servers. Columns are found by name: versions add some.
 *
 *     1
 *     # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight …
 *     3 web.example 1 web.1.x8k2 10.0.1.7 2 0 1 1 …
 *     3 web.example 2 web.2.p0q1 - 0 5 1 1 …
 *
 * A server without an address has `-` there (of a name not resolved, or a socket's path); it is given as empty text.
 */
export function parseServersState(reply: string): readonly ServerState[] {
  const [version, header, ...rows] = linesOf(reply)
  if (version !== '1') throw badReply(command, version ?? '')
  if (header === undefined || !header.startsWith('# ')) throw badReply(command, header ?? '')
  const columns = findColumns(header)
  return rows.filter((row) => row !== '').map((row) => parseServer(row, columns))
}

function findColumns(header: string): Columns {
  const names = header.slice(2).split(' ')
  const position = (name: keyof Columns): number => {
    const index = names.indexOf(name)
    if (index < 0) throw badReply(command, header)
    return index
  }
  return {
    be_name: position('be_name'),
    srv_name: position('srv_name'),
    srv_addr: position('srv_addr'),
    srv_port: position('srv_port'),
    srv_uweight: position('srv_uweight'),
    srv_admin_state: position('srv_admin_state'),
    srv_check_state: position('srv_check_state'),
  }
}

function parseServer(row: string, columns: Columns): ServerState {
  const values = row.split(' ')
  const backend = values[columns.be_name]
  const name = values[columns.srv_name]
  const address = values[columns.srv_addr]
  const port = toNumber(values[columns.srv_port])
  const weight = toNumber(values[columns.srv_uweight])
  const admin = toNumber(values[columns.srv_admin_state])
  const check = toNumber(values[columns.srv_check_state])
  if (!backend || !name || !address) throw badReply(command, row)
  if (port === undefined || weight === undefined || admin === undefined || check === undefined) {
    throw badReply(command, row)
  }
  const place = { address: address === '-' ? '' : address, port, weight, admin: adminState(admin) }
  if ((check & checkBits.configured) === 0) return { backend, name, server: place }
  return { backend, name, server: { ...place, checks: (check & checkBits.enabled) === 0 ? 'off' : 'on' } }
}

function toNumber(text: string | undefined): number | undefined {
  const value = Number(text || undefined)
  return Number.isInteger(value) && value >= 0 ? value : undefined
}

function adminState(bits: number): ObservedServer['admin'] {
  if ((bits & maintBits) !== 0) return 'maint'
  return (bits & drainBits) !== 0 ? 'drain' : 'ready'
}

// The labels that say how long the edge waits for a service's tasks, and what it asks them to know that they are well.

import { parseHostHeader, parseRequestPath } from './choice-values.ts'
import { parseStatuses, parseTime } from './measure-values.ts'
import { type LabelRow, ownPrefix, type ValuesOf } from './row.ts'

const row = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: ownPrefix + given.label })

const hour = 3_600_000
const timeout = (name: string, meaning: string, example: string, most: number) =>
  row({
    label: `timeout_${name}`,
    type: 'time with its unit',
    meaning,
    example,
    default: `the setting timeout-${name}`,
    code: 'option-invalid',
    parse: parseTime({ least: 1, most }),
  })

export const timingRows = {
  timeoutConnect: timeout('connect', 'How long opening a connection to a task may take.', '2s', hour),
  timeoutServer: timeout('server', 'How long a task may take to send or take something.', '5m', 24 * hour),
  timeoutQueue: timeout('queue', 'How long a request may wait for a free task.', '10s', hour),
  timeoutTunnel: timeout('tunnel', 'How long a websocket may be silent.', '12h', 24 * 24 * hour),
  healthCheckPath: row({
    label: 'health_check_path',
    type: 'path',
    meaning:
      'HAProxy asks each task for this path, and takes it out of rotation while the answer is not as expected. Task mode only.',
    example: '/health',
    default: 'a task that can be connected to is well',
    code: 'option-invalid',
    parse: parseRequestPath,
  }),
  healthCheckStatus: row({
    label: 'health_check_status',
    type: 'comma list of statuses and ranges of them',
    meaning: 'The statuses that `health_check_path` may be answered with.',
    example: '200-299',
    default: '200-399',
    code: 'option-invalid',
    parse: parseStatuses,
  }),
  healthCheckHost: row({
    label: 'health_check_host',
    type: 'host name',
    meaning: 'The header `Host` of requests for `health_check_path`.',
    example: 'demo.local',
    default: 'localhost',
    code: 'option-invalid',
    parse: parseHostHeader,
  }),
} as const

export type TimingValues = ValuesOf<typeof timingRows>

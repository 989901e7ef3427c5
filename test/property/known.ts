// Histories that every run plays first: short ones that chance would bring too seldom.

import type { Deployment, Happening, Step } from './steps.ts'

const plain: Deployment = {
  hosts: ['a.local'],
  path: '',
  isDefault: false,
  mode: 'task',
  replicas: 2,
  networks: ['demo'],
  endpointMode: 'vip',
}

const step = (happening: Happening, thenMs = 0): Step => ({ happening, thenMs })
const rest = step({ kind: 'rest' })

/** The engine says, in good form and for a moment, that all is gone; and then that all tasks are. */
const allGone: readonly Step[] = [
  step({ kind: 'deploy', name: 'a', as: plain }),
  rest,
  step({ kind: 'scale', name: 'a', replicas: 3 }, 200),
  step({ kind: 'engine', fault: 'empty-list', forMs: 600 }, 700),
  rest,
  step({ kind: 'engine', fault: 'empty-list', path: '/tasks', forMs: 600 }, 700),
]

export const knownHistories: readonly (readonly Step[])[] = [allGone]

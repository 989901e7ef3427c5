import { expect, test } from 'vitest'
import { type Action, inOrder, subject } from '../../../agent/core/action.ts'

const s = { backend: 'a', server: 's' }
const actions: readonly Action[] = [
  { kind: 'delete-server', ...s },
  { kind: 'end-sessions', ...s },
  { kind: 'close-server', ...s },
  { kind: 'remove-route', route: 'a/', backend: 'a' },
  { kind: 'move-route', route: 'b/', backend: 'a' },
  { kind: 'add-route', route: 'c/', backend: 'a' },
  { kind: 'open-server', ...s },
  { kind: 'weigh-server', ...s, weight: 1 },
  { kind: 'move-server', ...s, address: '10.0.0.1', port: 80 },
  { kind: 'add-server', ...s, address: '10.0.0.1', port: 80, weight: 1 },
]

test('what comes in goes before what goes out, and routes change in between', () => {
  expect(inOrder(actions).map((action) => action.kind)).toEqual(
    actions.map((action) => action.kind).toReversed(),
  )
})

test('within a kind, actions are in the order of what they are about', () => {
  const opened = ['b/1', 'a/2', 'a/1'].map((text): Action => {
    const [backend = '', server = ''] = text.split('/')
    return { kind: 'open-server', backend, server }
  })
  expect(inOrder(opened).map(subject)).toEqual(['a/1', 'a/2', 'b/1'])
})

test('the subject is the server with its backend, or the route', () => {
  expect(actions.map(subject)).toEqual(['a/s', 'a/s', 'a/s', 'a/', 'b/', 'c/', 'a/s', 'a/s', 'a/s', 'a/s'])
})

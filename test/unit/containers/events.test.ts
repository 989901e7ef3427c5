// What events say about containers, and how long a stop is believed.

import { describe, expect, test } from 'vitest'
import { containerEvents } from '../../../agent/containers/event-hint.ts'
import { signalNumber } from '../../../agent/containers/stop-signal.ts'
import { createStops, stoppingMaxMs } from '../../../agent/containers/stops.ts'
import { compose, container, idOf } from './world.ts'

const id = 'aaaaaaaaaaaa'
const hint = (type: string, action: string, attributes: object = {}) =>
  containerEvents.hintOf(
    JSON.stringify({ Type: type, Action: action, Actor: { ID: idOf(id), Attributes: attributes } }),
  )

describe('an event', () => {
  test.for([
    ['15', 'TERM'],
    ['9', 'KILL'],
    ['3', 'QUIT'],
    ['28', 'WINCH'],
    ['37', 'RTMIN+3'],
  ] as const)('of signal %s (%s) tells that the container is stopping', ([signal]) => {
    expect(hint('container', 'kill', { signal })).toEqual({ lists: ['tasks'], stopping: id })
  })

  test.for(['1', '10', '12'] as const)(
    'of signal "%s" tells nothing by itself: servers read their files again',
    (signal) => {
      const signalled = { containerId: idOf(id), signal }
      expect(hint('container', 'kill', { signal })).toEqual({ lists: [], signalled })
    },
  )

  test('of no signal, or of what is no id, asks for nothing', () => {
    expect(hint('container', 'kill')).toEqual({ lists: [] })
    const event = {
      Type: 'container',
      Action: 'kill',
      Actor: { ID: '../info', Attributes: { signal: '10' } },
    }
    expect(containerEvents.hintOf(JSON.stringify(event))).toEqual({ lists: [] })
  })

  test('of an end tells of the task, and with the container gone of its service', () => {
    expect(hint('container', 'die')).toEqual({ lists: ['tasks'], stopping: id, ended: [id] })
    const attributes = { name: 'shop-web-1', ...compose('web') }
    expect(hint('container', 'destroy', attributes).ended).toEqual([id, 'shop.web'])
    expect(hint('container', 'destroy', { name: 'db' }).ended).toEqual([id, 'Container.db'])
  })

  test.for([
    ['container', 'create', ['tasks']],
    ['container', 'health_status: unhealthy', ['tasks']],
    ['container', 'pause', ['tasks']],
    ['container', 'rename', ['tasks']],
    ['network', 'connect', ['tasks']],
    ['network', 'create', ['networks', 'tasks']],
    ['network', 'destroy', ['networks', 'tasks']],
    ['image', 'tag', []],
  ] as const)('of a %s, "%s", asks for %j', ([type, action, lists]) => {
    expect(hint(type, action).lists).toEqual(lists)
  })

  test('that is no JSON is refused', () => {
    expect(() => containerEvents.hintOf('<html>')).toThrow(SyntaxError)
  })
})

test.for([
  ['SIGUSR1', '10'],
  ['usr1', '10'],
  ['10', '10'],
  ['SIGRTMIN+3', '37'],
  ['RTMAX-2', '62'],
  ['SIGHUP', '1'],
  ['', undefined],
  ['toString', undefined],
  ['SIGNOPE', undefined],
] as const)('a stop signal %j is number %s', ([text, number]) => {
  expect(signalNumber(text)).toBe(number)
})

describe('a stop', () => {
  const running = [container({ id })]

  test('stands while the list shows the container running, as the list does until its process ends', () => {
    const stops = createStops()
    stops.note(id, 1000)
    stops.compare(running, 2000)
    expect([...stops.all()]).toEqual([id])
  })

  test.for([
    ['does not show the container', []],
    ['shows that it has ended', [container({ id, state: 'exited' })]],
  ] as const)('is over once the list %s', ([, containers]) => {
    const stops = createStops()
    stops.note(id, 1000)
    stops.compare(containers, 2000)
    expect([...stops.all()]).toEqual([])
  })

  test('is over once the container is started, and for all of them once events may have been missed', () => {
    const stops = createStops()
    stops.note(id, 1000)
    stops.forget(id)
    expect([...stops.all()]).toEqual([])
    stops.note(id, 1000)
    stops.forgetAll()
    expect([...stops.all()]).toEqual([])
  })

  test('is forgotten where the signal was ignored for very long', () => {
    const stops = createStops()
    stops.note(id, 1000)
    stops.compare(running, 999 + stoppingMaxMs)
    expect(stops.all().size).toBe(1)
    stops.compare(running, 1000 + stoppingMaxMs)
    expect(stops.all().size).toBe(0)
  })

  test('is the same set for as long as nothing comes or goes', () => {
    const stops = createStops()
    stops.note(id, 1000)
    const all = stops.all()
    stops.note(id, 1500)
    stops.compare(running, 2000)
    expect(stops.all()).toBe(all)
  })
})

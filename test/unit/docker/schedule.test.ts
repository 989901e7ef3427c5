// When the source lists what: the cadences as functions of (state, now).

import { expect, test } from 'vitest'
import {
  defaultCadence as cadence,
  doubted,
  failed,
  following,
  hinted,
  isDoubtful,
  isMoving,
  type ListName,
  listNames,
  nextStep,
  reopened,
  type Schedule,
  started,
  startSchedule,
  succeeded,
} from '../../../agent/docker/schedule.ts'

const settled = { changed: false, unsettled: false }
const step = (schedule: Schedule, nowMs: number) => nextStep(schedule, cadence, nowMs)

/** A schedule after a full round from 1000 to 1010 ms. */
function quiet(): Schedule {
  return round(startSchedule(1000, 0), 1000, 1010, listNames)
}

function round(
  schedule: Schedule,
  fromMs: number,
  toMs: number,
  lists: readonly ListName[],
  found = settled,
): Schedule {
  return succeeded(started(schedule, fromMs, lists), cadence, toMs, found)
}

test('waits a moment for the event stream before the first lists, and not once it is open', () => {
  const schedule = startSchedule(1000, 100)
  expect(step(schedule, 1000)).toEqual({ kind: 'wait', untilMs: 1100 })
  expect(step(schedule, 1100)).toEqual({ kind: 'list', lists: listNames })
  expect(step(reopened(schedule, cadence, 1003), 1003)).toEqual({ kind: 'list', lists: listNames })
})

test('lists tasks each second when quiet, and everything each ten seconds', () => {
  let schedule = quiet()
  const rounds: [number, number][] = []
  for (let nowMs = 1010; nowMs < 22_000; ) {
    const next = step(schedule, nowMs)
    if (next.kind === 'wait') {
      expect(next.untilMs).toBeGreaterThan(nowMs)
      nowMs = next.untilMs
    } else {
      rounds.push([nowMs, next.lists.length])
      schedule = round(schedule, nowMs, nowMs + 5, next.lists)
      nowMs += 5
    }
  }
  expect(rounds.filter(([, lists]) => lists === listNames.length).map(([nowMs]) => nowMs)).toEqual([
    11_000, 21_000,
  ])
  expect(rounds.map(([nowMs]) => nowMs)).toEqual(Array.from({ length: 20 }, (_, i) => 2000 + i * 1000))
})

test('lists what a hint names at once, then tasks each 200 ms for ten seconds', () => {
  let schedule = hinted(quiet(), cadence, 1500, ['services', 'tasks'])
  expect(step(schedule, 1500)).toEqual({ kind: 'list', lists: ['tasks', 'services'] })
  schedule = round(schedule, 1500, 1505, ['tasks', 'services'])
  expect(step(schedule, 1505)).toEqual({ kind: 'wait', untilMs: 1700 })
  expect(step(schedule, 1700)).toEqual({ kind: 'list', lists: ['tasks'] })
  expect(isMoving(schedule, 11_499)).toBe(true)
  expect(isMoving(schedule, 11_500)).toBe(false)
})

test('lists tasks with whatever a hint names, so that one snapshot shows both', () => {
  expect(step(hinted(quiet(), cadence, 1500, ['nodes']), 1500)).toEqual({
    kind: 'list',
    lists: ['tasks', 'nodes'],
  })
})

test('answers all hints of a round under way with one further round', () => {
  let schedule = started(hinted(quiet(), cadence, 1500, ['services']), 1500, ['tasks', 'services'])
  for (const nowMs of [1501, 1502, 1503]) schedule = hinted(schedule, cadence, nowMs, ['services', 'tasks'])
  schedule = succeeded(schedule, cadence, 1504, settled)
  expect(step(schedule, 1504)).toEqual({ kind: 'wait', untilMs: 1550 })
  expect(step(schedule, 1550)).toEqual({ kind: 'list', lists: ['tasks', 'services'] })
  expect(step(round(schedule, 1550, 1554, ['tasks', 'services']), 1600)).toEqual({
    kind: 'wait',
    untilMs: 1750,
  })
})

test('leaves a slow engine as much time as it took', () => {
  const schedule = hinted(round(quiet(), 2000, 2400, ['tasks']), cadence, 2400, ['tasks'])
  expect(step(schedule, 2400)).toEqual({ kind: 'wait', untilMs: 2800 })
})

test('polls fast while a task is on its way, but not for a task that is stuck', () => {
  let schedule = round(quiet(), 2000, 2005, ['tasks'], { changed: true, unsettled: true })
  expect(step(schedule, 2100)).toEqual({ kind: 'wait', untilMs: 2200 })
  schedule = round(schedule, 2200, 2205, ['tasks'], { changed: false, unsettled: true })
  expect(isMoving(schedule, 2005 + cadence.stuckMs - 1)).toBe(true)
  expect(isMoving(schedule, 2005 + cadence.stuckMs)).toBe(false)
  expect(isMoving(round(schedule, 2400, 2405, ['tasks'], { changed: true, unsettled: false }), 2405)).toBe(
    false,
  )
})

test('repeats a failed round whole, after the wait, whatever is hinted meanwhile', () => {
  let schedule = failed(started(quiet(), 2000, ['tasks']), 2010, 300)
  schedule = hinted(schedule, cadence, 2020, ['services'])
  expect(step(schedule, 2020)).toEqual({ kind: 'wait', untilMs: 2310 })
  expect(step(schedule, 2310)).toEqual({ kind: 'list', lists: listNames })
  expect(schedule.failures).toBe(1)
})

test('does not wait any longer once the event stream opens again', () => {
  const schedule = failed(started(quiet(), 2000, ['tasks']), 2010, 5000)
  expect(step(reopened(schedule, cadence, 2500), 2500)).toEqual({ kind: 'list', lists: listNames })
})

test('doubts an engine that came back, asks for all each second, and believes the first round after three seconds', () => {
  let schedule = failed(started(quiet(), 2000, ['tasks']), 2010, 300)
  const full: number[] = []
  for (let nowMs = 2310; nowMs < 7000; ) {
    const next = step(schedule, nowMs)
    if (next.kind === 'wait') {
      nowMs = next.untilMs
      continue
    }
    schedule = round(schedule, nowMs, nowMs + 10, next.lists)
    if (next.lists.length === listNames.length) full.push(nowMs)
    expect(isDoubtful(schedule)).toBe(nowMs < 2320 + cadence.doubtMs)
    nowMs += 10
  }
  expect(full.slice(0, 5)).toEqual([2310, 3310, 4310, 5310, 6310].slice(0, full.length))
  expect(full.at(-1)).toBeGreaterThanOrEqual(2320 + cadence.doubtMs)
})

test('a doubt lasts from when it arose', () => {
  const schedule = doubted(quiet(), cadence, 1010)
  expect(isDoubtful(schedule)).toBe(true)
  expect(isDoubtful(started(schedule, 1010 + cadence.doubtMs, listNames))).toBe(false)
})

test('lists tasks with all the rest only while they are followed, and as before when they no longer are', () => {
  const followed = following(quiet(), true)
  expect(step(followed, 2_000)).toEqual({ kind: 'wait', untilMs: 11_000 })
  expect(step(followed, 11_000)).toEqual({ kind: 'list', lists: listNames })
  const wanted = hinted(followed, cadence, 2_000, ['services'])
  expect(step(wanted, 2_000)).toEqual({ kind: 'list', lists: ['services'] })
  const asked = round(wanted, 2_000, 2_001, ['services'])
  expect(step(following(asked, false), 2_100)).toEqual({ kind: 'list', lists: ['tasks'] })
})

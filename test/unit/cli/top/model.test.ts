import { describe, expect, test } from 'vitest'
import { initialState, reduce, seriesMax, shownRows, type TopEvent } from '../../../../agent/cli/top/model.ts'
import { hostText, rowText } from '../../../../agent/cli/top/row.ts'
import { backend, keys, reading, stateAfter } from '../../../golden/top-situations.ts'

const twice = [reading(0), reading(1)]
const shown = (...events: readonly TopEvent[]) => shownRows(stateAfter([...twice, ...events])).map(rowText)

describe('sorting', () => {
  test.for([
    ['r, the default', '', ['shop.example', 'blog.example/api', '(no route)', '*.wild.example']],
    ['e', 'e', ['blog.example/api', '(no route)', '*.wild.example', 'shop.example']],
    ['n', 'n', ['(no route)', '*.wild.example', 'blog.example/api', 'shop.example']],
    ['n twice', 'nn', ['shop.example', 'blog.example/api', '*.wild.example', '(no route)']],
    ['u', 'u', ['blog.example/api', '(no route)', '*.wild.example', 'shop.example']],
    ['l twice', 'll', ['*.wild.example', '(no route)', 'blog.example/api', 'shop.example']],
    [
      'another column after a reversed one',
      'nnr',
      ['shop.example', 'blog.example/api', '(no route)', '*.wild.example'],
    ],
  ] as const)('by %s', ([, pressed, names]) => {
    expect(shown(...keys(pressed))).toEqual(names)
  })
})

describe('the filter', () => {
  test('takes letters that are keys elsewhere, and keeps what was typed at Enter', () => {
    expect(shown(...keys('/quer'))).toEqual([])
    const state = stateAfter([...twice, ...keys('/shop\r')])
    expect(state).toMatchObject({ filter: 'shop', isTyping: false, isOver: false })
    expect(shownRows(state).map(rowText)).toEqual(['shop.example'])
  })

  test('is given up by Escape, while it is typed and after', () => {
    expect(stateAfter([...twice, ...keys('/x\u001b')])).toMatchObject({ filter: '', isTyping: false })
    expect(stateAfter([...twice, ...keys('/x\r'), ...keys('\u001b')])).toMatchObject({ filter: '' })
  })

  test('loses its last letter at Backspace, and ends at one more', () => {
    expect(stateAfter([...twice, ...keys('/a\u007f')])).toMatchObject({ filter: '', isTyping: true })
    expect(stateAfter([...twice, ...keys('/a\u007f\u007f')])).toMatchObject({ filter: '', isTyping: false })
  })
})

describe('moving and opening', () => {
  const down = '\u001b[B'

  test('a selection stays with its row while rows change places', () => {
    const state = stateAfter([...twice, ...keys(down), ...keys('nn')])
    expect(state.selected).toBe('blog.example:api')
  })

  test('one cannot move beyond the ends', () => {
    expect(stateAfter([...twice, ...keys(down.repeat(9))]).selected).toBe('::2a.wild.example')
    expect(stateAfter([...twice, ...keys('\u001b[F\u001b[H')]).selected).toBe('shop.example')
    expect(stateAfter([...twice, ...keys('\u001b[5~')]).selected).toBe('shop.example')
  })

  test('Enter opens the servers of the selected host, and forgets the other figures', () => {
    const state = stateAfter([...twice, ...keys(`${down}\r`)])
    expect(state).toMatchObject({
      scope: { backend: 'blog.example:api' },
      flows: undefined,
      before: undefined,
    })
    expect(state.series.size).toBe(0)
  })

  test('the way back selects the host that was left', () => {
    const state = stateAfter([...twice, ...keys(`${down}\r`), ...keys('\u001b[D')])
    expect(state).toMatchObject({ scope: 'backends', selected: 'blog.example:api' })
  })

  test('an answer for a view that has been left changes nothing', () => {
    const opened = stateAfter([...twice, ...keys('\r')])
    expect(reduce(opened, reading(2))).toBe(opened)
  })

  test('nothing is opened where nothing is shown', () => {
    expect(stateAfter([...twice, ...keys('/nope\r'), ...keys('\r')]).scope).toBe('backends')
    expect(stateAfter(keys('\r')).scope).toBe('backends')
  })
})

describe('readings', () => {
  test('the first of a view has no rates, and no place in a series', () => {
    const state = stateAfter([reading(0)])
    expect(state.flows?.spanMs).toBeUndefined()
    expect(state.series.get('shop.example')).toEqual([])
    expect(stateAfter(twice).series.get('shop.example')).toEqual([20])
  })

  test('a series keeps its last minute', () => {
    const state = stateAfter(Array.from({ length: 200 }, (_, second) => reading(second)))
    expect(state.series.get('blog.example:api')).toHaveLength(seriesMax)
    expect(state.totals.requests).toHaveLength(seriesMax)
  })

  test('a row that is gone leaves no series behind', () => {
    const crowd = Array.from({ length: 5 }, (_, index) => backend(`gone-${index}`, 0))
    expect(stateAfter([reading(0, {}, crowd), reading(1)]).series.size).toBe(4)
  })

  test('trouble hides figures of a time that is over, and the next reading begins anew', () => {
    const trouble = { kind: 'trouble', message: 'gone', hint: 'wait' } as const
    const gone = stateAfter([...twice, trouble])
    expect(gone).toMatchObject({ flows: undefined, trouble: { message: 'gone' } })
    const back = stateAfter([...twice, trouble, reading(9)])
    expect(back.trouble).toBeUndefined()
    expect(back.flows?.spanMs).toBeUndefined()
  })

  test('another worker is told of', () => {
    expect(stateAfter([...twice, reading(2, { pid: 1 })]).reloadedAtMs).toBeDefined()
    expect(stateAfter(twice).reloadedAtMs).toBeUndefined()
  })
})

test.for(['q', '\u0003', '\u0004'])('%j ends it', (pressed) => {
  expect(stateAfter([...twice, ...keys(pressed)]).isOver).toBe(true)
  expect(initialState.isOver).toBe(false)
})

test.for([
  ['shop.example', 'shop.example'],
  ['shop.example:a:b', 'shop.example/a/b'],
  ['::2a.example.com', '*.example.com'],
  ['shop.example:a::2ab', 'shop.example/a::2ab'],
  ['no-route', '(no route)'],
  ['default', 'any other host'],
] as const)('the backend %s is shown as %s', ([name, text]) => {
  expect(hostText(name)).toBe(text)
})

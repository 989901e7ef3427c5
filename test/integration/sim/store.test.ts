import { expect, test } from 'vitest'
import { createIdentity } from '../../sim/identity.ts'
import { bodyOf, listBody } from '../../sim/json.ts'
import { createStore, type Store } from '../../sim/store.ts'

function addService(store: Store, name: string): string {
  const spec = { Name: name, TaskTemplate: {} }
  return store.commit((tx) => tx.create('service', { Spec: spec, Endpoint: { Spec: {} } })).ID
}

function touch(store: Store, id: string): void {
  store.commit((tx) => tx.update('service', id, (old) => ({ ...old, Endpoint: { Spec: { Mode: 'vip' } } })))
}

test('lists objects by id and grows the version with each commit', () => {
  const store = createStore(createIdentity(1))
  const ids = ['a', 'b', 'c', 'd'].map((name) => addService(store, name))
  expect(store.list('service').map((service) => service.ID)).toEqual(ids.toSorted())
  const before = store.get('service', ids[0] ?? '')?.Version.Index ?? 0
  touch(store, ids[0] ?? '')
  expect(store.get('service', ids[0] ?? '')?.Version.Index).toBeGreaterThan(before)
})

test('keeps the very bytes of an object that did not change', () => {
  const store = createStore(createIdentity(1))
  const [kept, changed] = [addService(store, 'kept'), addService(store, 'changed')]
  const text = (id: string) => {
    const service = store.get('service', id)
    return service === undefined ? undefined : bodyOf(service)
  }
  const list = listBody(store.list('service'))
  expect(listBody(store.list('service'))).toBe(list)
  expect(JSON.parse(Buffer.concat(list).toString())).toEqual(store.list('service'))
  const [keptText, changedText] = [text(kept), text(changed)]
  touch(store, changed)
  expect(text(kept)).toBe(keptText)
  expect(text(changed)).not.toEqual(changedText)
  expect(listBody(store.list('service'))).not.toEqual(list)
})

test('tells of changes in the order of commits, also when a listener commits', () => {
  const store = createStore(createIdentity(1))
  const seen: string[] = []
  store.watch((change) => {
    if (change.kind === 'service' && change.action === 'create') touch(store, change.object.ID)
  })
  store.watch((change) => {
    if (change.kind === 'service') seen.push(`${change.action} ${change.object.Version.Index}`)
  })
  addService(store, 'a')
  addService(store, 'b')
  expect(seen).toEqual(['create 11', 'update 12', 'create 13', 'update 14'])
})

test('makes a list of the same bytes piece by piece as at once, whatever came and went', () => {
  const store = createStore(createIdentity(3))
  const whole = () => Buffer.concat(listBody(store.list('service'))).toString()
  const expected = () => JSON.stringify(store.list('service'))
  expect(whole()).toBe('[]')
  const ids = Array.from({ length: 300 }, (_, index) => addService(store, `s${index}`))
  expect(whole()).toBe(expected())
  touch(store, ids[17] ?? '')
  expect(whole()).toBe(expected())
  for (const id of ids.slice(0, 250)) store.commit((tx) => tx.remove('service', id))
  expect(whole()).toBe(expected())
})

// Secrets and configs: what services are given as files, by reference.
// Owns their making and removal, and the check of references (swarmkit manager/controlapi: secret.go, config.go and
// service.go have the words). Refuses files: no task of the simulator has any. Of a secret not even its data is kept.

import { ApiError } from './api-error.ts'
import type { Config, MountedCreate, Secret, ServiceSpec } from './objects.ts'
import type { Store } from './store.ts'

/** What is mounted from the Swarm's store. */
export type MountedKind = 'secret' | 'config'

const dataBytesMax = 1000 * 1024
/** A secret's limit is half of that. */
const secretBytesMax = 500 * 1024

const refuse = (status: number, code: string, words: string) =>
  new ApiError(status, `rpc error: code = ${code} desc = ${words}`)

/** Makes one; gives its id. */
export function createMounted(store: Store, kind: MountedKind, request: MountedCreate): string {
  const { Name, Labels = {}, Data } = request
  if (!/^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/.test(Name) || Name.length > 64) {
    const words =
      'invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]'
    throw refuse(400, 'InvalidArgument', words)
  }
  const max = kind === 'secret' ? secretBytesMax : dataBytesMax
  const size = Buffer.from(Data, 'base64').length
  if (size < 1 || size >= max) {
    throw refuse(400, 'InvalidArgument', `${kind} data must be larger than 0 and less than ${max} bytes`)
  }
  if (store.list(kind).some(({ Spec }) => Spec.Name === Name)) {
    throw refuse(409, 'AlreadyExists', `${kind} ${Name} already exists`)
  }
  return store.commit((tx) =>
    kind === 'secret'
      ? tx.create('secret', { Spec: { Name, Labels } })
      : tx.create('config', { Spec: { Name, Labels, Data } }),
  ).ID
}

/** Removes one, if no service refers to it. */
export function removeMounted(store: Store, kind: MountedKind, { ID, Spec }: Secret | Config): void {
  const users = store
    .list('service')
    .filter((service) => referencesOf(service.Spec, kind).some((each) => each.id === ID))
    .map((service) => service.Spec.Name)
  if (users.length > 0) {
    const whom = `${users.length === 1 ? 'service' : 'services'}: ${users.join(', ')}`
    throw refuse(400, 'InvalidArgument', `${kind} '${Spec.Name}' is in use by the following ${whom}`)
  }
  store.commit((tx) => tx.remove(kind, ID))
}

/** Refuses a specification that refers to what is not there, or to two things under one file name. */
export function checkReferences(store: Store, spec: ServiceSpec): void {
  for (const kind of ['secret', 'config'] as const) {
    const references = referencesOf(spec, kind)
    const targets = new Map<string, string>()
    for (const { id, name, file } of references) {
      if (id === '' || name === '') throw refuse(400, 'InvalidArgument', `malformed ${kind} reference`)
      const other = targets.get(file)
      if (other !== undefined) {
        const words = `${kind} references '${other}' and '${name}' have a conflicting target: '${file}'`
        throw refuse(400, 'InvalidArgument', words)
      }
      targets.set(file, name)
    }
    const missing = references.filter(({ id, name }) => store.get(kind, id)?.Spec.Name !== name)
    if (missing.length === 0) continue
    const whom = `${kind}${missing.length === 1 ? '' : 's'} not found: ${missing.map(({ name }) => name).join(', ')}`
    throw refuse(400, 'InvalidArgument', whom)
  }
}

type Reference = { readonly id: string; readonly name: string; readonly file: string }

function referencesOf({ TaskTemplate }: ServiceSpec, kind: MountedKind): readonly Reference[] {
  const container = TaskTemplate.ContainerSpec
  const of = (id = '', name = '', file = '') => ({ id, name, file })
  return kind === 'secret'
    ? (container?.Secrets ?? []).map((each) => of(each.SecretID, each.SecretName, each.File?.Name))
    : (container?.Configs ?? []).map((each) => of(each.ConfigID, each.ConfigName, each.File?.Name))
}

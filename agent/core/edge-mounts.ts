// Which secrets and configs the edge's own service should be given, as the difference from what it has now.
// Only what an agent added is ever removed: it writes down which in a label of the service. Pure.
// Refuses to guess: what cannot be looked up is neither added nor taken away.

import type { Material, Mounted, NamedObject, Service, Snapshot } from './snapshot.ts'
import { compareText } from './text.ts'

/** The labels on the edge's service that list the ids of what an agent added. */
export const addedSecretsLabel = 'com.tidegate.secrets'
export const addedConfigsLabel = 'com.tidegate.configs'

export type MountChange = {
  readonly add: readonly Mounted[]
  readonly remove: readonly Mounted[]
  /** What the label is to list after the update. */
  readonly addedIds: readonly string[]
}

export type MountChanges = { readonly secrets: MountChange; readonly configs: MountChange }

/** A secret's file has its name, below the folder of secrets. */
const secretFile = (name: string) => name
/** A config's file would lie at the root of the container: its folder is our choice. */
const configFile = (name: string) => `/run/configs/${name}`

/**
 * What to give the edge, and what to take back, so that it has what services name.
 *
 * A name is that of a secret before that of a config. One that stands for a file in the certificates folder needs neither;
 * but what is mounted stays for as long as it is named, lest two edges with different folders replace each other for ever.
 */
export function planMounts(snapshot: Snapshot, service: Service, names: readonly string[]): MountChanges {
  const needed = new Set(names)
  const missing = names.filter((name) => !isInFolder(name, snapshot.materials ?? []))
  const secrets = named(snapshot.secrets, missing)
  const asSecret = new Set(secrets.map(({ name }) => name))
  const configs = named(
    snapshot.configs,
    missing.filter((name) => !asSecret.has(name)),
  )
  // Without a list nobody knows what a name stands for now.
  const isKnown = snapshot.secrets !== undefined || needed.size === 0
  const isSuperfluous = ({ id, name }: NamedObject) => {
    const standsFor = [...secrets, ...configs].find((each) => each.name === name)
    return isKnown && (!needed.has(name) || (standsFor !== undefined && standsFor.id !== id))
  }
  return {
    secrets: change({
      has: service.secrets ?? [],
      ours: listedIn(service, addedSecretsLabel),
      wanted: secrets,
      fileOf: secretFile,
      isSuperfluous,
    }),
    configs: change({
      has: service.configs ?? [],
      ours: listedIn(service, addedConfigsLabel),
      wanted: configs,
      fileOf: configFile,
      isSuperfluous,
    }),
  }
}

/** True where there is nothing to do. */
export function isNoChange({ secrets, configs }: MountChanges): boolean {
  return [secrets, configs].every(({ add, remove }) => add.length + remove.length === 0)
}

type Side = {
  readonly has: readonly Mounted[]
  /** Ids of what an agent added. */
  readonly ours: ReadonlySet<string>
  readonly wanted: readonly NamedObject[]
  readonly fileOf: (name: string) => string
  readonly isSuperfluous: (mounted: Mounted) => boolean
}

function change({ has, ours, wanted, fileOf, isSuperfluous }: Side): MountChange {
  // Somebody may have mounted the same thing besides, under a name of his own.
  const added = has.filter(({ id, name, file }) => ours.has(id) && file === fileOf(name))
  const remove = added.filter(isSuperfluous)
  const stays = has.filter((mounted) => !remove.includes(mounted))
  // Where something else has that file already, somebody has thought about it.
  const add = wanted
    .map(({ id, name }) => ({ id, name, file: fileOf(name) }))
    .filter(({ file }) => stays.every((mounted) => mounted.file !== file))
    .sort((a, b) => compareText(a.name, b.name))
  const kept = added.filter((mounted) => !remove.includes(mounted))
  const addedIds = [...new Set([...kept, ...add].map(({ id }) => id))].sort(compareText)
  return { add, remove, addedIds }
}

function named(known: readonly NamedObject[] | undefined, names: readonly string[]): readonly NamedObject[] {
  const wanted = new Set(names)
  return (known ?? []).filter(({ name }) => wanted.has(name))
}

/** In the folder a name's ending may be left out. */
function isInFolder(name: string, materials: readonly Material[]): boolean {
  const files = [name, ...['pem', 'crt', 'key', 'htpasswd'].map((ending) => `${name}.${ending}`)]
  return materials.some((material) => material.from === 'folder' && files.includes(material.name))
}

function listedIn(service: Service, label: string): ReadonlySet<string> {
  return new Set((service.labels[label] ?? '').split(',').filter((id) => id !== ''))
}

// Where certificates and keys are looked for.
// The operator's folder is a setting; where the engine puts secrets and configs is its own affair (moby, secrets at
// /run/secrets; configs where their mount says, for which the agent says /run/configs).

import type { Folder } from './shelf.ts'

/** The places to look in. */
export function certificateFolders({ folder }: { readonly folder: string | undefined }): readonly Folder[] {
  return [
    ...(folder === undefined ? [] : [{ from: 'folder' as const, path: folder, isNeeded: true }]),
    { from: 'secret', path: '/run/secrets', isNeeded: false },
    { from: 'config', path: '/run/configs', isNeeded: false },
  ]
}

// HAProxy's list of certificates: its lines, in the file and on the socket (configuration manual, section 5.1, `crt-list`).

import type { Certificate } from './routing.ts'
import type { LivePaths } from './settings.ts'

/** One entry: the file, and the server names that it is shown for. */
export function certificateLine(path: string, hosts: readonly string[]): string {
  return [path, ...hosts].join(' ')
}

/** Where a certificate stands: its name is relative to the folder of the list. */
export function pathBeside(
  file: string,
  { certificatesList = '' }: Pick<LivePaths, 'certificatesList'>,
): string {
  return certificatesList.slice(0, certificatesList.lastIndexOf('/') + 1) + file
}

/** Reads the list as HAProxy shows it: `/run/certificates/a.pem:1 [ssl options] host host`. */
export function parseCertificateList(
  text: string,
  files: Pick<LivePaths, 'certificatesList'>,
): readonly Certificate[] {
  const folder = pathBeside('', files)
  return text.split('\n').flatMap((line) => {
    const [, path = '', names = ''] =
      /^(\/\S*?)(?::\d+)?(?: \[[^\]]*\])?((?: \S+)*)$/.exec(line.trimEnd()) ?? []
    if (path === '') return []
    const file = path.startsWith(folder) ? path.slice(folder.length) : path
    return { file, certificate: '', key: '', hosts: names.split(' ').filter((name) => name !== '') }
  })
}

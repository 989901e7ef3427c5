// What can be wrong with a folder of certificates, and with reading a file in it, in words that tell what to do.
// Refuses to say what is wrong within a file (read-pem.ts).

import { AgentError } from '../core/errors.ts'

/** Why a file is no use that could not be read. */
export function notReadable(code: string): string {
  if (code !== 'EACCES' && code !== 'EPERM') return `it cannot be read (${code})`
  return `the agent's user (${process.getuid?.() ?? 'unknown'}) may not read it: change its owner or its mode`
}

/** The error for a folder that cannot be listed. */
export function unreadable(path: string, code: string, cause: unknown): AgentError {
  return new AgentError('certificates-unreadable', `the certificate folder ${path} cannot be read: ${code}`, {
    hint:
      code === 'EACCES'
        ? 'Let the user that the agent runs as list this folder. Certificates that were read from it stay in use.'
        : 'Mount the folder, or correct the setting. Certificates that were read from it stay in use.',
    cause,
  })
}

/** The error for a folder whose file system does not answer. */
export function hanging(path: string, timeoutMs: number): AgentError {
  const message = `the certificate folder ${path} was not read within ${timeoutMs} ms`
  return new AgentError('certificates-unreadable', message, {
    hint: 'Look at the file system that it is on. Certificates that were read from it stay in use.',
  })
}

/** The error for a folder with more files than are read. */
export function tooMany(path: string, filesMax: number, leftOut: number): AgentError {
  const message = `the certificate folder ${path} holds ${filesMax + leftOut} files, and ${filesMax} are read`
  return new AgentError('certificates-unreadable', message, {
    hint: 'Take out what no service names; files count in the order of their names.',
  })
}

// Where requests for whole hosts are sent: what services ask for, conflicts decided by age.
// Refuses to read labels (labels/address-values.ts).

import type { Redirect } from './labels/address-values.ts'
import { labelProblem } from './labels/read.ts'
import { tlsRows } from './labels/tls-rows.ts'
import type { Problem } from './problem.ts'
import type { BackendService } from './routing.ts'
import { compareText, quote } from './text.ts'

/** The part of a claim that redirects are about. */
export type RedirectClaim = {
  readonly service: BackendService
  readonly hosts: readonly string[]
  readonly redirects: readonly Redirect[]
}

/** Decides who redirects what; `claims` are the oldest first. */
export function chooseRedirects(claims: readonly RedirectClaim[]): {
  readonly redirects: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
} {
  const taken = new Map<string, { readonly target: string; readonly claim: RedirectClaim }>()
  const problems: Problem[] = []
  for (const claim of claims) {
    for (const redirect of claim.redirects) {
      const holder = taken.get(redirect.source)
      if (!claim.hosts.includes(redirect.host)) problems.push(notOwn(claim, redirect))
      else if (holder === undefined) taken.set(redirect.source, { target: redirect.target, claim })
      else if (holder.target !== redirect.target) problems.push(isTaken(claim, redirect, holder.claim))
    }
  }
  const sorted = [...taken].sort(([a], [b]) => compareText(a, b))
  return { redirects: new Map(sorted.map(([source, { target }]) => [source, target])), problems }
}

function notOwn({ service }: RedirectClaim, { source, host }: Redirect): Problem {
  return labelProblem(service, tlsRows.redirects.label, 'redirect-invalid', {
    found: quote(source),
    expected: 'a host that is the service’s own',
    hint: `Add ${host} to com.docker.lb.hosts as well.`,
  })
}

function isTaken({ service }: RedirectClaim, { source, target }: Redirect, holder: RedirectClaim): Problem {
  return labelProblem(service, tlsRows.redirects.label, 'redirect-taken', {
    found: `${quote(source)} to ${quote(target)}`,
    expected: `what the older service ${quote(holder.service.name)} says`,
    hint: 'Its redirect stands. Remove one of the two.',
  })
}

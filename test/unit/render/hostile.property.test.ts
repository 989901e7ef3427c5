// Whatever text stands in a service's labels, each line of the files is one that the templates meant.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { problemText } from '../../../agent/core/problem.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import { lb, rendererFor, routingSettings, service, snapshot, tasks } from '../../support/builders.ts'
import { hostileLabels as labels, strangeLabels as strangers } from '../../support/hostile-labels.ts'

function routingOf(given: Readonly<Record<string, string>>): Routing {
  const users = { name: 'demo-users', from: 'secret', digest: 'a1'.repeat(32), users: ['anna'] } as const
  const world = snapshot({
    services: [service({ labels: given })],
    tasks: tasks('web', 1),
    materials: [users],
  })
  return computeRouting(world, routingSettings()).routing
}

const render = (routing: Routing, file: string) => rendererFor().render(routing).get(file) ?? ''
const passedThrough = lb({ hosts: 'web.local', port: 80, ssl_passthrough: 'true' })
/** The lines of the sections that stand before those of services, with and without a service that is passed through. */
const head = [routingOf({}), routingOf(passedThrough)].flatMap((routing) =>
  (render(routing, fileNames.config).split('\n# web')[0] ?? '')
    .split('\n')
    .filter((line) => !line.includes('structure=')),
)

/** What a line of a configuration can be: one of the head, or one of these. */
const meant = [
  /^$/,
  /^ {4}description 'tidegate structure=[0-9a-f]{16}'$/,
  /^# web \((task|vip)\)$/,
  /^ {4}http-request redirect location https:\/\/%\[var\(txn\.host\)\]%\[pathq\] code 308 unless \{ ssl_fc \}$/,
  /^backend [A-Za-z0-9._:-]{1,1400}$/,
  /^ {4}tcp-request content reject( (if|unless) [a-z]+)?$/,
  /^ {4}balance (roundrobin|leastconn|random|source|uri|hash req\.cook\([A-Za-z0-9._-]{1,128}\))$/,
  /^ {4}hash-type consistent$/,
  /^ {4}mode tcp$/,
  /^ {4}tcp-request content reject( if denied| unless allowed| if TRUE)$/,
  /^ {4}http-request redirect location https:\/\/%\[var\(txn\.host\)\](:\d+)?%\[pathq\] code 308 unless \{ ssl_fc \}$/,
  /^ {4}timeout (connect|server|queue|tunnel) \d+m?s$/,
  /^ {4}option httpchk$/,
  /^ {4}http-check send meth GET uri '[A-Za-z0-9._~%@:+=/?&,-]+' ver HTTP\/1\.1 hdr Host [a-z0-9._:-]+$/,
  /^ {4}http-check expect status [0-9,-]+$/,
  /^ {4}acl (allowed|denied) src [0-9a-f.:/ ]+$/,
  /^ {4}http-request deny deny_status 403( if denied| unless allowed| if TRUE)$/,
  /^ {4}stick-table type ipv6 size 100k expire \d+s store http_req_rate\(\d+s\)$/,
  /^ {4}http-request track-sc0 src$/,
  /^ {4}http-request deny deny_status 429 if \{ sc_http_req_rate\(0\) gt \d+ \}$/,
  /^ {4}http-request deny deny_status 413 if \{ req\.body_size gt \d+ \}$/,
  /^ {4}# A body whose length is not said would go on and on: one is there if a byte of it comes\.$/,
  /^ {4}http-request wait-for-body time 1s at-least 1 unless \{ req\.hdr\(content-length\) -m found \} \|\| \{ req\.hdr\(upgrade\) -m found \}$/,
  /^ {4}http-request deny deny_status 411 content-type "text\/plain" string "Say how long the body is\." if /,
  /^ {4}http-request deny deny_status 503 if TRUE$/,
  /^ {4}# The list of users is missing\.$/,
  /^ {4}http-request auth realm '[A-Za-z0-9._:-]+' unless \{ http_auth\(users-a1a1a1a1a1a1a1a1\) \}$/,
  /^userlist users-a1a1a1a1a1a1a1a1$/,
  /^ {4}user anna password \$5\$\S+$/,
  /^ {4}http-request disable-l7-retry unless METH_GET \|\| METH_OPTIONS$/,
  /^ {4}http-request redirect location (\/[A-Za-z0-9._~%@:+=-]+)+\/(\?%\[query\])? code 301 if \{ path \/\S+ \}( \{ query -m len gt 0 \})?$/,
  /^ {4}http-request set-path %\[path,bytes\(\d+\)\] if \{ path_beg \/\S+\/ \}$/,
  /^ {4}http-request del-header [A-Za-z0-9_-]{1,64}$/,
  /^ {4}http-request set-header [A-Za-z0-9_-]{1,64} '([\u0020-\u0026\u0028-\u007e]|'\\'')+'$/,
  /^ {4}http-after-response del-header [A-Za-z0-9_-]{1,64}$/,
  /^ {4}http-after-response set-header [A-Za-z0-9_-]{1,64} '([\u0020-\u0026\u0028-\u007e]|'\\'')+'$/,
  /^ {4}http-after-response set-header Strict-Transport-Security 'max-age=\d+(; includeSubDomains|; preload)*' if \{ ssl_fc \}$/,
  /^ {4}compression (algo gzip|type [a-z/+ -]+)$/,
  /^ {4}server web(\.1\.webtask1)?(:[a-z0-9-]+)? 10\.0\.0\.\d+:\d{1,5} weight \d{1,3}( pool-max-conn 0)?( check( inter \d+m?s fastinter \d+m?s downinter \d+m?s rise 1 fall 2 observe layer4 error-limit \d+ on-error fastinter)?)?( ssl verify (none|required ca-file @system-ca) sni req\.hdr\(host\),host_only( check-ssl)?)?( send-proxy(-v2)?( check-send-proxy)?)?( disabled)?$/,
]

test('no label adds a line to the configuration, or to the map, that the templates did not mean', () => {
  const known = new Set(head)
  let published = 0
  fc.assert(
    fc.property(labels, strangers, (given, others) => {
      const routing = routingOf({ ...others, ...given })
      published += routing.backends.size
      const strange = render(routing, fileNames.config)
        .split('\n')
        .filter((line) => !known.has(line) && !meant.some((pattern) => pattern.test(line)))
      expect(strange).toEqual([])
      expect(render(routing, fileNames.redirects)).toMatch(
        /^(?:https?:\/\/[a-z0-9._-]+ https?:\/\/[A-Za-z0-9._~%@:+=/-]+\n)*$/,
      )
      const map = render(routing, fileNames.routes)
      expect(map).toMatch(
        /^(?:(?:sni:)?(?:\*|[a-z0-9._-]+)(?:\/[A-Za-z0-9._~%@:+,=-]+)*\/ [A-Za-z0-9._:-]+\n)*$/,
      )
    }),
    { numRuns: 200 },
  )
  // Where nothing is published no line can be wrong.
  expect(published).toBeGreaterThan(20)
})

test('no label can make a problem that is more than one short line', () => {
  fc.assert(
    fc.property(labels, strangers, (given, others) => {
      for (const problem of routingOf({ ...others, ...given }).problems) {
        const text = problemText(problem)
        expect(text.length).toBeLessThan(1000)
        expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      }
    }),
  )
})

import { expect, test } from 'vitest'
import type { Action, ActionKind } from '../../../agent/core/action.ts'
import { commandTexts, judgeReplies, type Verdict } from '../../../agent/core/commands.ts'

const ref = { backend: 'web.local', server: 'web.1.x8k2' }
const files = {
  routesMap: '/run/tidegate/routes.map',
  redirectsMap: '/run/tidegate/redirects.map',
  certificatesList: '/run/tidegate/certificates.list',
}

type Row = {
  readonly action: Action
  readonly command: string | readonly string[]
  readonly replies: readonly (readonly [reply: string | readonly string[], verdict: Verdict])[]
}

const noServer = ['No such server.', 'unexpected'] as const
const silence = [['', 'done'], noServer] as const

const certificateReplies = [
  'Transaction created for certificate a.pem!',
  'Committing a.pem\nSuccess!',
  "Inserting certificate 'a.pem' in crt-list 'l'.\nSuccess!",
]

const rows: { readonly [K in ActionKind]: Row } = {
  'add-server': {
    action: { kind: 'add-server', ...ref, address: '10.0.1.7', port: 8080, weight: 1 },
    command: 'add server web.local/web.1.x8k2 10.0.1.7:8080 weight 1 hash-key addr-port',
    replies: [
      ['New server registered.', 'done'],
      ['Already exists a server with the same name in backend.', 'unexpected'],
      ['', 'unexpected'],
    ],
  },
  'move-server': {
    action: { kind: 'move-server', ...ref, address: 'fd00::7', port: 8080 },
    command: 'set server web.local/web.1.x8k2 addr fd00::7 port 8080',
    replies: [
      [
        "IP changed from '10.0.1.6' to 'fd00::7', port changed from '80' to '8080' by 'stats socket command'",
        'done',
      ],
      ["no need to change the addr, port changed from '80' to '8080' by 'stats socket command'", 'done'],
      ['nothing changed', 'done'],
      ["Invalid addr format for 'x'.", 'unexpected'],
      noServer,
    ],
  },
  'weigh-server': {
    action: { kind: 'weigh-server', ...ref, weight: 10 },
    command: 'set server web.local/web.1.x8k2 weight 10',
    replies: silence,
  },
  'check-server': {
    action: { kind: 'check-server', ...ref },
    command: 'enable health web.local/web.1.x8k2',
    replies: [
      ['', 'done'],
      ['Health checks are not configured on this server, use with "check".', 'unexpected'],
      noServer,
    ],
  },
  'open-server': {
    action: { kind: 'open-server', ...ref },
    command: 'set server web.local/web.1.x8k2 state ready',
    replies: silence,
  },
  'add-route': {
    action: { kind: 'add-route', route: 'web.local/app/', backend: 'web.local:app' },
    command: 'add map /run/tidegate/routes.map web.local/app/ web.local:app',
    replies: [
      ['', 'done'],
      ['Unknown map identifier. Please use #<id> or <name>.', 'unexpected'],
    ],
  },
  'move-route': {
    action: { kind: 'move-route', route: 'web.local/', backend: 'web.local' },
    command: 'set map /run/tidegate/routes.map web.local/ web.local',
    replies: [
      ['', 'done'],
      ['entry not found', 'unexpected'],
    ],
  },
  'remove-route': {
    action: { kind: 'remove-route', route: '.example.com/', backend: '.example.com' },
    command: 'del map /run/tidegate/routes.map .example.com/',
    replies: [
      ['', 'done'],
      ['Key not found.', 'unexpected'],
    ],
  },
  'close-server': {
    action: { kind: 'close-server', ...ref },
    command: 'set server web.local/web.1.x8k2 state maint',
    replies: silence,
  },
  'end-sessions': {
    action: { kind: 'end-sessions', ...ref },
    command: 'shutdown sessions server web.local/web.1.x8k2',
    replies: silence,
  },
  'add-certificate': {
    action: {
      kind: 'add-certificate',
      file: 'certificates/a.pem',
      certificate: 'c0ffee',
      key: 'c0ffee',
      hosts: ['*.shop.local', 'shop.local'],
    },
    command: [
      'new ssl cert /run/tidegate/certificates/a.pem',
      'set ssl cert /run/tidegate/certificates/a.pem << certificate and key',
      'commit ssl cert /run/tidegate/certificates/a.pem',
      'add ssl crt-list /run/tidegate/certificates.list << /run/tidegate/certificates/a.pem *.shop.local shop.local',
    ],
    replies: [
      [["New empty certificate store 'a.pem'!", ...certificateReplies], 'done'],
      [["Certificate 'a.pem' already exists!", ...certificateReplies], 'done'],
      [["New empty certificate store 'a.pem'!", 'unable to load certificate', '', ''], 'unexpected'],
      [["New empty certificate store 'a.pem'!"], 'unexpected'],
    ],
  },
  'remove-certificate': {
    action: { kind: 'remove-certificate', file: 'certificates/a.pem' },
    command: [
      'del ssl crt-list /run/tidegate/certificates.list /run/tidegate/certificates/a.pem',
      'del ssl cert /run/tidegate/certificates/a.pem',
    ],
    replies: [
      [["Entry 'a.pem' deleted in crtlist 'l'!", "Certificate 'a.pem' deleted!"], 'done'],
      [["Entry 'a.pem' deleted in crtlist 'l'!", "Can't remove the certificate: in use"], 'done'],
      [["Can't delete the entry: certificate 'a.pem' cannot be deleted", ''], 'unexpected'],
    ],
  },
  'add-redirect': {
    action: { kind: 'add-redirect', source: 'http://old.local', target: 'https://new.local/a' },
    command: 'add map /run/tidegate/redirects.map http://old.local https://new.local/a',
    replies: silence,
  },
  'turn-redirect': {
    action: { kind: 'turn-redirect', source: 'http://old.local', target: 'https://new.local/a' },
    command: 'set map /run/tidegate/redirects.map http://old.local https://new.local/a',
    replies: silence,
  },
  'remove-redirect': {
    action: { kind: 'remove-redirect', source: 'http://old.local' },
    command: 'del map /run/tidegate/redirects.map http://old.local',
    replies: silence,
  },
  'delete-server': {
    action: { kind: 'delete-server', ...ref },
    command: 'del server web.local/web.1.x8k2',
    replies: [
      ['Server deleted.', 'done'],
      ['Server still has connections attached to it, cannot remove it.', 'busy'],
      ['Only servers in maintenance mode can be deleted.', 'unexpected'],
      noServer,
    ],
  },
}

test.for(Object.values(rows))('$action.kind is said as `$command`', ({ action, command }) => {
  expect(commandTexts(action, files)).toEqual([command].flat())
})

test('an IPv6 server is added in brackets', () => {
  const action: Action = { kind: 'add-server', ...ref, address: 'fd00::7', port: 80, weight: 1 }
  expect(commandTexts(action, files)[0]).toBe(
    'add server web.local/web.1.x8k2 [fd00::7]:80 weight 1 hash-key addr-port',
  )
})

const judged = Object.values(rows).flatMap(({ action, replies }) =>
  replies.map(([reply, verdict]) => ({ kind: action.kind, action, reply, verdict })),
)

test.for(judged)('to $kind, "$reply" means $verdict', ({ action, reply, verdict }) => {
  expect(judgeReplies(action, [reply].flat())).toBe(verdict)
})

test.for(Object.values(rows))('to $action.kind, an answer nobody knows is unexpected', ({ action }) => {
  for (const reply of ['Permission denied', 'Unknown command: "x"', ' ', 'Server', 'undefined'])
    expect(judgeReplies(action, [reply])).toBe('unexpected')
})

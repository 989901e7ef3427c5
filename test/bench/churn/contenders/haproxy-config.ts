// The configuration of a peer's HAProxy, as people write it: a backend a service, a server a task, a rule a host.
// A request that finds a dead server goes to another one, as everybody's does; what it asks of the kernel is HAProxy's default.

export type PeerServer = { readonly name: string; readonly address: string; readonly port: number }
export type PeerBackend = {
  readonly name: string
  readonly hosts: readonly string[]
  readonly servers: readonly PeerServer[]
}
export type PeerPlace = { readonly runDir: string; readonly port: number }

/** The same backends give the same text. `x-upstream-addr` says who answered, as Tidegate's does. */
export function peerConfig({ runDir, port }: PeerPlace, backends: readonly PeerBackend[]): string {
  const rules = backends.map(
    ({ name, hosts }) => `    use_backend ${name} if { req.hdr(host) -i ${hosts.join(' ')} }`,
  )
  return `global
    stats socket ${runDir}/worker.sock mode 600 level admin
    stats maxconn 50
    hard-stop-after 10m
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 5s
    timeout http-keep-alive 60s
    timeout tunnel 1h
    retries 3
    option redispatch 1
frontend http
    bind 127.0.0.1:${port}
    http-response set-header x-upstream-addr %[bc_dst]:%[bc_dst_port]
${rules.join('\n')}
    default_backend none
backend none
    http-request return status 503
${backends.map(backendText).join('')}`
}

function backendText({ name, servers }: PeerBackend): string {
  const lines = servers.map((server) => `    server ${server.name} ${server.address}:${server.port}\n`)
  return `backend ${name}\n    balance roundrobin\n${lines.join('')}`
}

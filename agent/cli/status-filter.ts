// The part of the view that one service, host, URL or backend is about.
// Pure. Refuses to say why something is not there: `tidegate explain` does.

import { type BackendView, type StatusView, totalsOf } from '../core/status-view.ts'

/**
 * What the text names, and nothing else: backends by their name, one of their services, or a route's host; with a path,
 * the routes that lead there. Where nothing has that very name, whatever has the text in one.
 */
export function filterStatus(view: StatusView, text: string): StatusView {
  const wanted = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/[?#].*$/s, '')
    .toLowerCase()
  const exact = pick(
    view,
    (name) => name === wanted,
    (route) => isServedBy(route, wanted),
  )
  if (exact.backends.length > 0 || exact.problems.length > 0 || wanted === '') return exact
  return pick(
    view,
    (name) => name.includes(wanted),
    (route) => route.includes(wanted),
  )
}

type Test = (text: string) => boolean

function pick(view: StatusView, isName: Test, isRoute: Test): StatusView {
  const isMeant = ({ name, services, routes }: BackendView) =>
    isName(name.toLowerCase()) ||
    services.some((service) => isName(service.name.toLowerCase())) ||
    routes.some((route) => isRoute(route.toLowerCase()))
  const backends = view.backends.filter(isMeant)
  const names = new Set(backends.flatMap(({ services }) => services.map(({ name }) => name)))
  const problems = view.problems.filter(({ service }) => names.has(service) || isName(service.toLowerCase()))
  return { ...view, ...totalsOf(backends), backends, problems }
}

/** Whether a route is of the host that is asked for; and where a path is asked for too, whether it holds that path. */
function isServedBy(route: string, wanted: string): boolean {
  const [host = '', ...path] = wanted.split('/')
  const bare = host.replace(/:\d+$/, '').replace(/^\*(?=\.)/, '')
  const own = route.replace(/^sni:/, '')
  if (path.join('') === '') return own.slice(0, own.indexOf('/')) === bare
  return `${bare}/${path.join('/')}/`.startsWith(own)
}

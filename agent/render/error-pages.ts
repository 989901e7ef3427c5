// The pages that HAProxy answers with itself, as views of `error.html.ejs`.
// Refuses markup: it stands in the template.

/** Fields of `error.html.ejs`. `requestId`: HAProxy can print the request's id (not where the request itself was unreadable). */
export type ErrorPage = {
  readonly name: string
  readonly status: number
  readonly title: string
  readonly text: string
  readonly requestId: boolean
}

const page = (status: number, title: string, text: string, requestId = true): ErrorPage => ({
  name: String(status),
  status,
  title,
  text,
  requestId,
})

/** One page for each status that HAProxy sends by itself, and one for hosts that nobody claims. */
export const errorPages: readonly ErrorPage[] = [
  page(400, 'Bad request', 'The request could not be read.', false),
  page(403, 'Not allowed', 'The service does not answer requests from your address.'),
  page(408, 'Request timeout', 'The request did not arrive in time.', false),
  page(413, 'Too large', 'The request has a larger body than the service takes.'),
  page(
    429,
    'Too many requests',
    'Your address has sent more requests than the service takes. Please wait a moment.',
  ),
  page(500, 'Internal error', 'The edge could not handle the request.'),
  page(502, 'Bad gateway', 'The service gave no proper answer.'),
  page(503, 'Service unavailable', 'The service has no running task at the moment. Please try again.'),
  page(504, 'Gateway timeout', 'The service did not answer in time.'),
  { ...page(503, 'Nothing here', 'No service is published for this host.'), name: 'no-route' },
]

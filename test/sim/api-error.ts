// A refusal of the Engine API, as the simulator's parts throw it and the HTTP side answers it.

/** With the HTTP status that Docker gives it (moby, httpstatus.statusCodeFromGRPCError). */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** The refusal of a request that cannot be read. */
export function badRequest(message: string, cause: unknown): ApiError {
  return new ApiError(400, message, { cause })
}

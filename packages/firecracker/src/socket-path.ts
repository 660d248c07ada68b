import { VulcanError } from '@vulcan/schema'

/** What `sockaddr_un.sun_path` holds beside its terminating zero (unix(7)). */
export const SOCKET_PATH_BYTES_MAX = 107

/** A path that no unix socket can have. */
export class SocketPathError extends VulcanError<'socket_path_too_long'> {
  readonly path: string
  readonly lengthBytes: number

  constructor(path: string, lengthBytes: number) {
    super(
      'socket_path_too_long',
      `socket path of ${lengthBytes} bytes, at most ${SOCKET_PATH_BYTES_MAX} fit: ${path}; use a shorter directory`,
    )
    this.path = path
    this.lengthBytes = lengthBytes
  }
}

/**
 * Throws `SocketPathError` (`socket_path_too_long`) unless a unix socket can be bound to `path`.
 * Node itself cuts such a path off silently.
 */
export function checkSocketPath(path: string): void {
  const lengthBytes = Buffer.byteLength(path)
  if (lengthBytes > SOCKET_PATH_BYTES_MAX) throw new SocketPathError(path, lengthBytes)
}

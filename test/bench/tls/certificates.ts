// Very many certificates for the bench, each with a key of its own.
// Owns the one script that makes them. Refuses to be quick about it: it takes some ten seconds.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One name a line on standard input; $1 is the folder. The parts are moved into place whole. */
const script = `
make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$2" -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout "$dir/.$1.key" -out "$dir/.$1.crt" 2>/dev/null &&
    cat "$dir/.$1.crt" "$dir/.$1.key" >"$dir/.$1.new" && rm "$dir/.$1.crt" "$dir/.$1.key" &&
    mv "$dir/.$1.new" "$dir/$1.pem"
}
dir=$1
days=$2
shift 2
for name in "$@"; do make "$name" "$days" || exit; done
`

/** Makes a certificate for each name, as `<name>.pem` in a folder. */
export async function makeCertificates(folder: string, names: readonly string[], days = 90): Promise<void> {
  const half = Math.ceil(names.length / 2)
  const parts = [names.slice(0, half), names.slice(half)].filter((part) => part.length > 0)
  await Promise.all(parts.map((part) => run('sh', ['-c', script, 'make', folder, String(days), ...part])))
}

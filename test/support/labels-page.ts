// docs/labels.md, made from the table that parses labels, with the test that shows each.
// `npx tsx test/support/labels-page.ts > docs/labels.md` writes it; test/unit/docs.test.ts holds it.

import { argv, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { type LabelEntry, labelEntries } from '../../agent/cli/labels-text.ts'
import { markdownTable } from '../../agent/cli/paint.ts'
import { labelPrefix, ownPrefix } from '../../agent/core/labels/row.ts'

const designTable = 'test/integration/design-table.test.ts'
const tls = 'test/integration/tls.test.ts'
const labels = 'test/integration/labels.test.ts'

/** Where a label is seen to work, if not in test/integration/labels.test.ts. */
const elsewhere: Readonly<Record<string, string>> = {
  hosts: designTable,
  port: designTable,
  network: 'test/integration/edge-networks.test.ts',
  backend_mode: designTable,
  default_backend: designTable,
  service_cluster: 'test/integration/interlock.test.ts',
  basic_auth: 'test/integration/basic-auth.test.ts',
  redirects: tls,
  ssl_cert: tls,
  ssl_key: tls,
  ssl_passthrough: tls,
  ssl_only: tls,
  timeout_connect: 'test/integration/label-changes.test.ts',
  timeout_queue: 'test/integration/label-changes.test.ts',
  timeout_tunnel: 'test/integration/label-changes.test.ts',
  health_check_host: 'test/integration/label-changes.test.ts',
}

/** The label without its prefix, and without a family's placeholder. */
export function shortName(label: string): string {
  return label.replace(labelPrefix, '').replace(ownPrefix, '').replace(/<.*$/, '')
}

/** The test file that shows what a label does. */
export function shownBy(label: string): string {
  return elsewhere[shortName(label)] ?? labels
}

function table(entries: readonly LabelEntry[]): readonly string[] {
  return markdownTable(
    ['Label', 'What it does', 'May be', 'Without it', 'Example', 'A change', 'Shown by'],
    entries.map(({ label, meaning, type, default: without = '', example, change }) => [
      `\`${label}\``,
      meaning,
      type,
      without,
      `\`${example.slice(example.indexOf('=') + 1)}\``,
      change,
      `[${shownBy(label).replace('test/integration/', '').replace('.test.ts', '')}](../${shownBy(label)})`,
    ]),
  )
}

/** The whole page. */
export function labelsPage(): string {
  const entries = labelEntries()
  const isInterlocks = ({ label }: LabelEntry) => label.startsWith(labelPrefix)
  return `${[
    '# Labels',
    '',
    '<!-- Made by test/support/labels-page.ts from the rows in agent/core/labels. Edit those. -->',
    '',
    'Labels of a service say what the edge does for it. They stand on the service (in a stack file under `deploy`), or, where',
    'there is no Swarm, on its containers. A value that cannot be used is a problem that names it and the cure',
    '(`tidegate check`); the service is published without it. `tidegate labels` prints this table, with `--json` for machines.',
    '',
    'Where services share a host and a path, each one’s labels about its own tasks count for these: weight, maintenance, TLS',
    'and the PROXY protocol towards them, when they are taken out. Of the others the oldest service’s count, and the younger',
    'ones are told what of theirs differs.',
    '',
    'A *change* of a label is *live* where HAProxy takes it without a reload, and *nothing* where HAProxy need not hear of it.',
    'A change that publishes a service, or no longer, is a reload besides.',
    '',
    '## Those of Interlock',
    '',
    'How they differ from Interlock’s own is told in [from-interlock.md](from-interlock.md#the-labels).',
    '',
    ...table(entries.filter(isInterlocks)),
    '',
    '## Those of Tidegate',
    '',
    ...table(entries.filter((entry) => !isInterlocks(entry))),
  ].join('\n')}\n`
}

if (argv[1] === fileURLToPath(import.meta.url)) stdout.write(labelsPage())

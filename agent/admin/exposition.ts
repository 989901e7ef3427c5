// Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
// Owns its syntax. Refuses to know any metric.

import type { Histogram } from './facts.ts'

export type Labels = Readonly<Record<string, string>>

export type Metric = {
  /** In base units, with the unit and `_total` in it where they belong. */
  readonly name: string
  readonly help: string
} & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly type: 'histogram'
      readonly samples: readonly { readonly labels: Labels; readonly histogram: Histogram }[]
    }
)

export type Sample = { readonly labels: Labels; readonly value: number }

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** Prints metrics, each with its help and type; those without a sample are left out. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map((metric) => [...head(metric), ...lines(metric)].map((line) => `${line}\n`).join(''))
    .join('')
}

function head({ name, help, type }: Metric): readonly string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
}

function lines(metric: Metric): readonly string[] {
  if (metric.type !== 'histogram')
    return metric.samples.map(({ labels, value }) => line(metric.name, labels, value))
  return metric.samples.flatMap(({ labels, histogram }) => histogramLines(metric.name, labels, histogram))
}

function histogramLines(name: string, labels: Labels, { bounds, counts, count, sumSeconds }: Histogram) {
  const buckets = bounds.map((bound, index) =>
    line(`${name}_bucket`, { ...labels, le: `${bound}` }, counts[index] ?? 0),
  )
  return [
    ...buckets,
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sumSeconds),
    line(`${name}_count`, labels, count),
  ]
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

// Small plots of a series, as SVG.

const svg = 'http://www.w3.org/2000/svg'

/**
 * The curve, and the area below it, of a series drawn from right to left: the newest value is at the right edge.
 * @param {readonly number[]} series
 * @param {{ readonly width: number, readonly height: number, readonly length: number }} frame `length`: values it holds
 * @returns {{ readonly curve: string, readonly area: string }}
 */
export function curveOf(series, { width, height, length }) {
  if (series.length === 0) return { curve: '', area: '' }
  const most = Math.max(...series, 1)
  const step = width / (length - 1)
  const points = series.map((value, index) => {
    const x = width - (series.length - 1 - index) * step
    return `${x.toFixed(1)} ${(height - (value / most) * (height - 1)).toFixed(1)}`
  })
  const left = (width - (series.length - 1) * step).toFixed(1)
  return {
    curve: `M${points.join('L')}`,
    area: `M${left} ${height}L${points.join('L')}L${width} ${height}Z`,
  }
}

/**
 * Draws a series into an `<svg>`.
 * @param {Element} plot
 * @param {readonly number[]} series
 * @param {number} length
 */
export function draw(plot, series, length) {
  const frame = { width: 84, height: 20, length }
  if (plot.children.length === 0) {
    plot.setAttribute('viewBox', `0 0 ${frame.width} ${frame.height}`)
    plot.setAttribute('preserveAspectRatio', 'none')
    for (const name of ['area', 'curve']) {
      const path = document.createElementNS(svg, 'path')
      path.setAttribute('class', name)
      plot.append(path)
    }
  }
  const { curve, area } = curveOf(series, frame)
  plot.children[0]?.setAttribute('d', area)
  plot.children[1]?.setAttribute('d', curve)
}

/** @returns {SVGElement} */
export function newPlot() {
  const plot = document.createElementNS(svg, 'svg')
  plot.setAttribute('class', 'plot')
  plot.setAttribute('aria-hidden', 'true')
  return plot
}

'use strict'
// The painting of the space-time diagram: bands and lanes below, then operations, then
// steps. page.js says what is visible, and where.
function colours() {
  const style = getComputedStyle(document.documentElement)
  return name => style.getPropertyValue('--' + name).trim()
}

function draw() {
  if (queued) return
  queued = true
  requestAnimationFrame(() => { queued = false; paint() })
}

function paint() {
  const ratio = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight, c = colours(), y = laneY()
  canvas.width = w * ratio
  canvas.height = h * ratio
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.font = '12px system-ui, sans-serif'
  pen.textBaseline = 'middle'
  paintBands(c, y, h)
  paintLanes(c, y, w)
  pen.save()
  pen.beginPath()
  pen.rect(LEFT, 0, w - LEFT, h)
  pen.clip()
  paintAxis(c, w, h)
  paintOperations(c)
  paintSteps(c, y)
  for (const i of [pointed, picked]) if (i >= 0 && visible(data.steps[i])) paintStep(data.steps[i], c, y, true)
  pen.restore()
}

// paintSteps draws the visible steps, what a reader looks for on top: lies and losses,
// and then where nodes enter epochs. The more there are, the fainter is the rest.
function paintSteps(c, y) {
  const layers = [[], [], []]
  let crowd = 0
  for (const s of data.steps) {
    if (!visible(s)) continue
    if (s[SENT] <= view.to && s[AT] >= view.from) crowd++
    layers[s[ENTERS] ? 2 : text(s[LIE]) || s[WHAT] === LOST || s[WHAT] === DROPPED ? 1 : 0].push(s)
  }
  pen.globalAlpha = Math.min(1, Math.max(0.15, 700 / crowd))
  for (const s of layers[0]) paintStep(s, c, y, false)
  pen.globalAlpha = 1
  for (const s of layers[1].concat(layers[2])) paintStep(s, c, y, false)
}

function paintBands(c, y, h) {
  pen.fillStyle = c('band')
  for (const b of data.bands) {
    const from = Math.max(LEFT, x(b.from)), to = x(b.to < 0 ? end * 2 : b.to)
    if (b.node < 0) pen.fillRect(from, TOP, to - from, h)
    else if (y.has(b.node)) pen.fillRect(from, y.get(b.node) - 8, to - from, 16)
  }
}

function paintLanes(c, y, w) {
  for (const [n, at] of y) {
    const node = data.nodes[n]
    if (node.liar) {
      pen.fillStyle = c('liar')
      pen.fillRect(0, at - 10, w, 20)
    }
    pen.fillStyle = node.liar ? c('lie') : c('ink')
    pen.fillText(node.name + (node.liar ? ' (faulty)' : ''), 6, at)
    pen.strokeStyle = c('line')
    pen.lineWidth = 1
    line(LEFT, at, w, at)
  }
}

function paintAxis(c, w, h) {
  const span = view.to - view.from
  let unit = 10 ** Math.floor(Math.log10(span / 8))
  for (const k of [1, 2, 5, 10]) if (span / (unit * k) <= 10) { unit *= k; break }
  pen.fillStyle = c('faint')
  pen.strokeStyle = c('line')
  pen.lineWidth = 0.5
  for (let t = Math.ceil(view.from / unit) * unit; t <= view.to; t += unit) {
    line(x(t), TOP - 6, x(t), h)
    pen.fillText((t / 1e6).toFixed(unit < 1e6 ? 2 : 0) + ' ms', x(t) + 3, 10)
  }
}

function paintOperations(c) {
  for (const o of data.ops) {
    if (shown.object && o.object !== shown.object || !shown.nodes.has(o.node)) continue
    const at = TOP + clients.indexOf(o.node) * ROW, from = x(o.from), to = x(o.to < 0 ? end * 1.02 : o.to)
    pen.fillStyle = c(o.concerned ? 'operation' : 'aside')
    pen.fillRect(from, at, Math.max(2, to - from - 1), ROW - 4)
    if (to - from > 30) {
      pen.save()
      pen.beginPath()
      pen.rect(from, at, to - from - 4, ROW)
      pen.clip()
      pen.fillStyle = c(o.concerned ? 'ground' : 'ink')
      pen.fillText(data.nodes[o.node].name + ' ' + o.text + (o.to < 0 ? ' ...' : ''), Math.max(from, LEFT) + 3, at + ROW / 2 - 2)
      pen.restore()
    }
  }
}

function paintStep(s, c, y, strong) {
  const colour = strong ? c('pick') : text(s[LIE]) ? c('lie') : s[WHAT] === LOST || s[WHAT] === DROPPED ? c('lost') : c('message')
  pen.strokeStyle = pen.fillStyle = colour
  pen.lineWidth = strong ? 3 : text(s[LIE]) ? 2 : 1
  if (s[WHAT] === OTHER) {
    const at = y.get(s[NODE])
    if (at === undefined) return
    if (s[ENTERS]) paintEntry(s, at, c, strong)
    else dot(x(s[AT]), at, strong ? 5 : 2.5)
    return
  }
  let x1 = x(s[SENT]), x2 = x(s[AT])
  const y1 = y.get(s[FROM]), y2 = y.get(s[NODE])
  if (Math.max(x1, x2) < LEFT || Math.min(x1, x2) > canvas.clientWidth || y1 === undefined || y2 === undefined) return
  if (s[WHAT] === LOST) {
    x2 = x1 + 14
    const stop = y1 + (y2 - y1) * 0.4
    line(x1, y1, x2, stop)
    line(x2 - 4, stop - 4, x2 + 4, stop + 4)
    line(x2 - 4, stop + 4, x2 + 4, stop - 4)
    return
  }
  line(x1, y1, x2, y2)
  dot(x2, y2, strong ? 5 : 3)
}

// paintEntry draws where a node enters an epoch or a view: a post, with its number if
// there is room until the node's next.
function paintEntry(s, at, c, strong) {
  const label = text(s[WORDS]).replace(/^enters (.)\w* /, '$1')
  pen.strokeStyle = pen.fillStyle = c(strong ? 'pick' : 'entry')
  pen.lineWidth = 2
  line(x(s[AT]), at - 9, x(s[AT]), at + 9)
  if (x(s[AT] + gapOf(s)) - x(s[AT]) > 24) pen.fillText(label, x(s[AT]) + 3, at - 8)
}

// gapOf returns how long it is from an entry to the next one of its node.
const gaps = new Map()
function gapOf(s) {
  if (gaps.size === 0) {
    const next = new Map()
    for (let i = data.steps.length - 1; i >= 0; i--) {
      const e = data.steps[i]
      if (!e[ENTERS]) continue
      gaps.set(e, (next.get(e[NODE]) ?? end * 2) - e[AT])
      next.set(e[NODE], e[AT])
    }
  }
  return gaps.get(s)
}

function line(x1, y1, x2, y2) {
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}

function dot(px, py, r) {
  pen.beginPath()
  pen.arc(px, py, r, 0, 7)
  pen.fill()
}

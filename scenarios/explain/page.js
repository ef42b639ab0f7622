'use strict'
// A space-time diagram: time to the right, a lane for each node, operations in the
// lanes above. Data is what the program that made the page wrote; see pageData.
const data = JSON.parse(document.getElementById('data').textContent)
const [WHAT, EVENT, AT, NODE, FROM, SENT, KIND, WORDS, LIE, OBJECT, STATE, MATTERS] = [...Array(12).keys()]
const MESSAGE = 0, DROPPED = 1, LOST = 2, OTHER = 3
const canvas = document.getElementById('picture')
const pen = canvas.getContext('2d')
const tip = document.getElementById('tip')
const text = i => data.texts[i]
const LEFT = 70, TOP = 24, ROW = 18

const end = Math.max(1, ...data.steps.map(s => s[AT]), ...data.ops.map(o => Math.max(o.from, o.to)))
const clients = data.nodes.map((n, i) => i).filter(i => data.nodes[i].client && data.ops.some(o => o.node === i))
const shown = { nodes: new Set(data.nodes.keys()), kinds: new Set(), object: '', matters: false }
const view = { from: 0, to: end * 1.02 }
let picked = -1, pointed = -1, drag = null, queued = false

function filters() {
  const kinds = [...new Set(data.steps.filter(s => s[WHAT] !== OTHER).map(s => text(s[KIND])))].sort()
  const objects = [...new Set(data.steps.map(s => text(s[OBJECT])))].filter(Boolean).sort()
  box('nodes', data.nodes.map((n, i) => [n.name, i]), shown.nodes)
  for (const input of document.querySelectorAll('#nodes input')) if (!busy(+input.dataset.value)) input.click()
  box('kinds', kinds.map(k => [k, k]), shown.kinds)
  const object = document.getElementById('object')
  for (const o of objects) object.add(new Option(o, o))
  object.onchange = () => { shown.object = object.value; draw() }
  const matters = document.getElementById('matters')
  matters.onchange = () => { shown.matters = matters.checked; draw() }
}

function box(id, choices, set) {
  const place = document.getElementById(id)
  for (const [name, value] of choices) {
    set.add(value)
    const label = document.createElement('label'), input = document.createElement('input')
    input.type = 'checkbox'
    input.checked = true
    input.dataset.value = value
    input.onchange = () => { input.checked ? set.add(value) : set.delete(value); draw() }
    label.append(input, ' ' + name)
    place.append(label)
  }
}

// busy reports whether a node does more than start.
const busy = n => data.nodes[n].liar || data.steps.some(s => s[FROM] === n && s[WHAT] !== OTHER || s[NODE] === n && text(s[KIND]) !== 'boot')

// visible reports whether the filters let a step through.
function visible(s) {
  if (shown.matters && !s[MATTERS]) return false
  if (shown.object && text(s[OBJECT]) !== shown.object) return false
  if (s[NODE] >= 0 && !shown.nodes.has(s[NODE])) return false
  return s[WHAT] === OTHER || shown.nodes.has(s[FROM]) && shown.kinds.has(text(s[KIND]))
}

const lanes = () => [...data.nodes.keys()].filter(i => shown.nodes.has(i))
const x = t => LEFT + (t - view.from) / (view.to - view.from) * (canvas.clientWidth - LEFT - 10)
const time = px => view.from + (px - LEFT) / (canvas.clientWidth - LEFT - 10) * (view.to - view.from)

function laneY() {
  const all = lanes(), top = TOP + clients.length * ROW + 26
  const gap = Math.max(16, (canvas.clientHeight - top - 20) / Math.max(1, all.length))
  const y = new Map()
  all.forEach((n, i) => y.set(n, top + gap * (i + 0.3)))
  return y
}

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
  data.steps.forEach((s, i) => { if (i !== picked && i !== pointed && visible(s)) paintStep(s, c, y, false) })
  for (const i of [pointed, picked]) if (i >= 0 && visible(data.steps[i])) paintStep(data.steps[i], c, y, true)
  pen.restore()
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
      pen.fillStyle = c('ground')
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
    if (at !== undefined) dot(x(s[AT]), at, strong ? 5 : 2.5)
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

// nearest returns the visible step that is drawn closest to a point, -1 if none is near.
function nearest(px, py) {
  const y = laneY()
  let best = -1, least = 12
  data.steps.forEach((s, i) => {
    if (!visible(s)) return
    const y2 = y.get(s[NODE])
    if (y2 === undefined) return
    let d = Math.hypot(px - x(s[AT]), py - y2)
    if (s[WHAT] !== OTHER) d = Math.min(d, fromLine(px, py, x(s[SENT]), y.get(s[FROM]), x(s[AT]), y2) + 2)
    if (d < least) { least = d; best = i }
  })
  return best
}

function fromLine(px, py, x1, y1, x2, y2) {
  const dx = x2 - x1, dy = y2 - y1, long = dx * dx + dy * dy
  const t = long ? Math.min(1, Math.max(0, ((px - x1) * dx + (py - y1) * dy) / long)) : 0
  return Math.hypot(px - x1 - t * dx, py - y1 - t * dy)
}

const ms = t => (t / 1e6).toFixed(3) + ' ms'
const nodeName = n => n >= 0 ? data.nodes[n].name : 'the network'

function fields(s) {
  const out = [['what', text(s[WORDS])], ['kind', text(s[KIND])]]
  if (s[WHAT] !== OTHER) out.push(['from', nodeName(s[FROM])], ['to', nodeName(s[NODE])], ['sent', ms(s[SENT])])
  else out.push(['at', nodeName(s[NODE])])
  out.push([s[WHAT] === LOST ? 'lost' : 'time', ms(s[AT])], ['event', s[EVENT]])
  if (text(s[LIE])) out.push(['lie', text(s[LIE])])
  if (text(s[OBJECT])) out.push(['object', text(s[OBJECT])])
  return out
}

// pick shows a step and the state of its node then.
function pick(i) {
  picked = i
  const list = document.getElementById('fields')
  list.replaceChildren()
  if (i < 0) return draw()
  const s = data.steps[i], rows = fields(s)
  document.getElementById('what').textContent = text(s[WORDS])
  rows.push(['state of ' + nodeName(s[NODE]) + ' then', stateAt(i)])
  for (const [name, value] of rows) {
    const dt = document.createElement('dt'), dd = document.createElement('dd')
    dt.textContent = name
    dd.textContent = value
    list.append(dt, dd)
  }
  const at = s[AT]
  if (at < view.from || at > view.to) {
    const half = (view.to - view.from) / 2
    move(at - half, at + half)
  }
  draw()
}

function stateAt(i) {
  const node = data.steps[i][NODE]
  for (let j = i; j >= 0; j--) {
    const s = data.steps[j]
    if (s[NODE] === node && text(s[STATE])) return text(s[STATE])
  }
  return 'nothing yet'
}

// next picks the next visible step in a direction.
function next(way) {
  const from = picked >= 0 ? picked + way : way > 0 ? 0 : data.steps.length - 1
  for (let i = from; i >= 0 && i < data.steps.length; i += way) if (visible(data.steps[i])) return pick(i)
}

function move(from, to) {
  view.from = from
  view.to = Math.max(to, from + 1)
  draw()
}

function zoom(by, around) {
  const at = around ?? (view.from + view.to) / 2
  move(at - (at - view.from) * by, at + (view.to - at) * by)
}

const whole = () => move(0, end * 1.02)
function scene() {
  const steps = data.steps.filter(s => s[MATTERS])
  if (!steps.length) return whole()
  const from = Math.min(...steps.map(s => s[AT])), to = Math.max(...steps.map(s => s[AT])), edge = (to - from) * 0.03
  move(from - edge, to + edge)
}

const keys = {
  ArrowLeft: () => move(view.from - (view.to - view.from) / 8, view.to - (view.to - view.from) / 8),
  ArrowRight: () => move(view.from + (view.to - view.from) / 8, view.to + (view.to - view.from) / 8),
  ArrowUp: () => zoom(0.8), ArrowDown: () => zoom(1.25),
  '+': () => zoom(0.8), '=': () => zoom(0.8), '-': () => zoom(1.25),
  0: whole, s: scene, n: () => next(1), p: () => next(-1), Escape: () => pick(-1),
}

function controls() {
  canvas.onkeydown = e => { if (keys[e.key] && !e.ctrlKey && !e.metaKey) { e.preventDefault(); keys[e.key]() } }
  canvas.onwheel = e => { e.preventDefault(); zoom(e.deltaY > 0 ? 1.15 : 0.87, time(e.offsetX)) }
  canvas.onpointerdown = e => { drag = { at: e.offsetX, from: view.from, to: view.to, moved: false }; canvas.setPointerCapture(e.pointerId) }
  canvas.onpointermove = e => {
    if (drag) {
      const by = (drag.at - e.offsetX) / (canvas.clientWidth - LEFT - 10) * (drag.to - drag.from)
      drag.moved ||= Math.abs(drag.at - e.offsetX) > 3
      return move(drag.from + by, drag.to + by)
    }
    point(e)
  }
  canvas.onpointerup = e => { if (drag && !drag.moved) pick(nearest(e.offsetX, e.offsetY)); drag = null }
  canvas.onpointerleave = () => { pointed = -1; tip.hidden = true; draw() }
  document.getElementById('in').onclick = () => zoom(0.7)
  document.getElementById('out').onclick = () => zoom(1.4)
  document.getElementById('fit').onclick = whole
  document.getElementById('scene').onclick = scene
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  new ResizeObserver(draw).observe(canvas)
}

function point(e) {
  const i = nearest(e.offsetX, e.offsetY)
  if (i !== pointed) { pointed = i; draw() }
  tip.hidden = i < 0
  if (i < 0) return
  tip.textContent = fields(data.steps[i]).map(f => f.join(': ')).join('\n')
  tip.style.whiteSpace = 'pre-wrap'
  tip.style.left = Math.min(e.clientX + 12, innerWidth - 320) + 'px'
  tip.style.top = e.clientY + 12 + 'px'
}

filters()
controls()
scene()

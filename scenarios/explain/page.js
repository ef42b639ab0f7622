'use strict'
// A space-time diagram: time to the right, a lane for each node, operations in the
// lanes above. Data is what the program that made the page wrote; see pageData.
const data = JSON.parse(document.getElementById('data').textContent)
const [WHAT, EVENT, AT, NODE, FROM, SENT, KIND, WORDS, LIE, OBJECT, STATE, MATTERS, EPOCH, VIEW, ENTERS] = [...Array(15).keys()]
const MESSAGE = 0, DROPPED = 1, LOST = 2, OTHER = 3
const canvas = document.getElementById('picture')
const pen = canvas.getContext('2d')
const tip = document.getElementById('tip')
const text = i => data.texts[i]
const LEFT = 70, TOP = 24, ROW = 18

const end = Math.max(1, ...data.steps.map(s => s[AT]), ...data.ops.map(o => Math.max(o.from, o.to)))
const clients = data.nodes.map((n, i) => i).filter(i => data.nodes[i].client && data.ops.some(o => o.node === i))
const shown = { nodes: new Set(data.nodes.keys()), kinds: new Set(), object: '', epoch: '', matters: false }
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
  const epoch = document.getElementById('epoch')
  if (epoch) {
    for (const e of [...new Set(data.steps.map(s => s[EPOCH]))].sort((a, b) => a - b)) epoch.add(new Option(e, e))
    epoch.onchange = () => { shown.epoch = epoch.value; draw() }
  }
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
  if (shown.epoch && s[EPOCH] !== +shown.epoch) return false
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
  if (data.epochs) out.push(['epoch of ' + nodeName(s[NODE]), s[EPOCH]])
  if (data.views) out.push(['view of ' + nodeName(s[NODE]), s[VIEW]])
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

package scenarios

import (
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

var shapeNames = []string{"constant", "uniform", "log-normal", "normal"}

var shapes = map[string]sim.Shape{"constant": sim.Constant, "uniform": sim.Uniform, "log-normal": sim.LogNormal, "normal": sim.Normal}

// network draws the medium of one run.
func (d draw) network(n *Network, decode protocol.Decoder) sim.Network {
	out := sim.Network{
		Link:   d.link("network", &n.Link),
		GST:    d.span("network.gst", n.GST),
		Bound:  d.span("network.bound", n.Bound),
		Decode: decode,
	}
	if out.GST > 0 {
		out.Chaos = d.link("network.chaos", &n.Chaos)
	}
	if regions := d.int("network.regions", n.Regions); regions > 0 {
		table := sim.LoadRegions()
		picked := d.some("network.region", regions, len(table.Names))
		for _, i := range picked {
			row := make([]time.Duration, len(picked))
			for k, j := range picked {
				row[k] = table.RTT[i][j]
			}
			out.RTT = append(out.RTT, row)
		}
	}
	return out
}

func (d draw) link(path string, l *Link) sim.Link {
	return sim.Link{
		Latency: sim.Latency{
			Shape:  shapes[l.Latency.Shape],
			Base:   d.span(path+".latency.base", l.Latency.Base),
			Spread: d.span(path+".latency.spread", l.Latency.Spread),
			Sigma:  d.rate(path+".latency.sigma", l.Latency.Sigma),
		},
		Loss:      d.rate(path+".loss", l.Loss),
		Duplicate: d.rate(path+".duplicate", l.Duplicate),
		Corrupt:   d.rate(path+".corrupt", l.Corrupt),
		Reorder:   d.rate(path+".reorder", l.Reorder),
		Hold:      d.span(path+".hold", l.Hold),
		Bandwidth: int64(d.int(path+".bandwidth", l.Bandwidth)),
	}
}

// host draws the computer of one node.
func (d draw) host(h *Hosts, node, regions int) sim.Host {
	name := func(field string) string { return "hosts." + field }
	out := sim.Host{
		Egress:  int64(d.int(name("egress"), h.Egress)),
		Correct: true,
		CPU: sim.CPU{
			PerInput: d.span(name("cpu.input"), h.CPU.Input), PerSend: d.span(name("cpu.send"), h.CPU.Send),
			Sign: d.span(name("cpu.sign"), h.CPU.Sign), Verify: d.span(name("cpu.verify"), h.CPU.Verify),
			MAC: d.span(name("cpu.mac"), h.CPU.MAC), Digest: d.span(name("cpu.digest"), h.CPU.Digest),
			Share: d.span(name("cpu.share"), h.CPU.Share), PerKBHash: d.span(name("cpu.kb"), h.CPU.KB),
		},
	}
	if drift := int64(d.int(name("drift"), h.Drift)); drift > 0 {
		out.Clock.DriftPPM = d.between(name("clock.drift"), node, 0, 2*drift) - drift
	}
	if offset := d.span(name("offset"), h.Offset); offset > 0 {
		out.Clock.Offset = time.Duration(d.between(name("clock.offset"), node, 0, int64(offset)))
	}
	if regions > 0 {
		out.Region = node % regions
	}
	return out
}

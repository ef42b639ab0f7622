package experiment

import (
	"bufio"
	"fmt"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
)

// Calibration measures the real suite on this machine, for the cost model. Each price
// is the least of several rounds: what else the machine does only adds to it.

// rounds is how many rounds there are of each measurement.
const rounds = 50

// Calibrate measures what a computer like this one takes for the pieces of work that
// the simulator charges. It takes some seconds.
func Calibrate() (*Costs, error) {
	c := &Costs{CPU: processor(), Go: runtime.Version()}
	a, err := auth.NewAuthority(auth.Real, 1, 4)
	if err != nil {
		return nil, err
	}
	k := a.Keys(0)
	pub, _ := k.Public(0)
	texts := make([][]byte, rounds*20) // all different: what was verified before costs nothing
	sigs := make([]auth.Signature, len(texts))
	for i := range texts {
		texts[i] = fmt.Appendf(make([]byte, 0, 64), "%64d", i)
		sigs[i] = k.Sign(texts[i])
	}
	long := make([]byte, 64+16*1024)
	c.Sign = least(20, func(i int) { k.Sign(texts[i]) })
	c.Verify = least(20, func(i int) { k.Verify(pub, texts[i], &sigs[i]) })
	c.MAC = least(1000, func(i int) { k.MAC(1, texts[i%len(texts)]) })
	c.Digest = least(1000, func(i int) { k.Digest(texts[i%len(texts)]) })
	c.KB = (least(50, func(int) { k.Digest(long) }) - c.Digest) / 16
	if c.Share, err = sharePrice(a, texts); err != nil {
		return nil, err
	}
	c.Send, c.Receive, err = messagePrice(k)
	return c, err
}

// least returns the least time of a piece of work, over rounds of n. The work is
// given its number.
func least(n int, work func(int)) uint64 {
	best := uint64(math.MaxUint64)
	for round := range rounds {
		begun := time.Now()
		for i := range n {
			work(round*n + i)
		}
		best = min(best, uint64(time.Since(begun))/uint64(n))
	}
	return best
}

// sharePrice returns the mean of making and verifying a threshold share: the meter
// counts the two as one.
func sharePrice(a *auth.Authority, texts [][]byte) (uint64, error) {
	sharing, shares, err := a.NewThreshold(auth.Group{Members: []protocol.NodeID{0, 1, 2, 3}})
	if err != nil {
		return 0, err
	}
	const each = 3
	k := a.Keys(0)
	parts := make([]auth.Partial, rounds*each)
	for i := range parts {
		held := false
		if parts[i], held = k.PartialSign(shares[0], texts[i]); !held {
			return 0, fmt.Errorf("the share that was dealt is not held")
		}
	}
	refused := 0
	makes := least(each, func(i int) { k.PartialSign(shares[0], texts[i]) })
	verifies := least(each, func(i int) {
		if !k.VerifyPartial(sharing, texts[i], &parts[i]) {
			refused++
		}
	})
	if refused > 0 {
		return 0, fmt.Errorf("the real suite refuses %d shares of its own", refused)
	}
	return (makes + verifies) / 2, nil
}

// messagePrice returns what a message costs its sender and its receiver: a short answer,
// encoded, sent through the loopback interface, received and decoded.
func messagePrice(k *auth.Keys) (send, receive uint64, err error) {
	in, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	out, err := net.DialUDP("udp", nil, in.LocalAddr().(*net.UDPAddr))
	if err != nil {
		return 0, 0, err
	}
	defer out.Close()
	if err := in.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, 0, err
	}
	m := &dbqs.Confirmed{Into: 1}
	m.Seal(k, 1)
	buffer := make([]byte, 4096)
	const burst = 64 // fits into the socket's buffer
	var sends, receives []uint64
	for range 4 * rounds {
		begun := time.Now()
		for range burst {
			if _, err := out.Write(m.AppendTo(buffer[:0])); err != nil {
				return 0, 0, err
			}
		}
		sent := time.Now()
		for range burst {
			n, err := in.Read(buffer)
			if err != nil {
				return 0, 0, err
			}
			if _, err := dbqs.Decode(buffer[:n]); err != nil {
				return 0, 0, err
			}
		}
		sends, receives = append(sends, uint64(sent.Sub(begun))/burst), append(receives, uint64(time.Since(sent))/burst)
	}
	return slices.Min(sends), slices.Min(receives), nil
}

// processor returns the model of the processor, as far as the system tells.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, model, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

package membership_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/ring"
)

// Stories of the service: scripts in testdata/service. The servers are s0, s1, ...;
// s0 to s3 run the service. The commands:
//
//	service members=6 suite=real least=4      a service in epoch 0
//	add s6 serial=1 expiry=9 by=other signed-for=s5   an order of the authority, or of who has no say
//	remove s5 serial=1
//	evict s5 by=(0,1) epoch=0, reactivate s5 by=(0,1) epoch=0, end by=(0,1) epoch=0   with statements of replicas
//	restore      the service is replaced by one that was given its snapshot
//	state        epoch, members and what waits
func TestServiceStories(t *testing.T) {
	datadriven.Walk(t, "testdata/service", func(t *testing.T, path string) {
		s := &serviceStory{t: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.command(d) + "\n" })
	})
}

type serviceStory struct {
	t       *testing.T
	system  *system
	service *membership.Service
}

func (s *serviceStory) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "service":
		members, suite := 6, auth.Ideal
		d.MaybeScanArgs(s.t, "members", &members)
		if d.HasArg("suite") {
			suite = auth.Real
		}
		s.system = newSystem(s.t, 10, members, 0, suite)
		d.MaybeScanArgs(s.t, "least", &s.system.cfg.Least)
		s.service = membership.NewService(&s.system.cfg, s.system.keys.Keys(9))
		return "ok"
	case "add":
		return s.admit(d, ring.Add)
	case "remove":
		return s.admit(d, ring.Remove)
	case "evict":
		return s.status(d, membership.VoteEvict)
	case "reactivate":
		return s.status(d, membership.VoteReactivate)
	case "end":
		epoch, evidence := s.evidence(d, membership.VoteEnd, protocol.ID{})
		return s.execute(membership.EncodeEnd(epoch, evidence))
	case "restore":
		fresh := membership.NewService(&s.system.cfg, s.system.keys.Keys(8))
		if err := fresh.Restore(s.service.Snapshot()); err != nil {
			return err.Error()
		}
		if string(fresh.AppendState(nil)) != string(s.service.AppendState(nil)) {
			return "the restored state differs"
		}
		s.service = fresh
		return "ok"
	case "state":
		return s.state()
	}
	d.Fatalf(s.t, "no command %s", d.Cmd)
	return ""
}

func (s *serviceStory) execute(op []byte) string {
	return membership.Outcome(s.service.Execute(0, op, false)[0]).String()
}

// server reads the first argument, a server's name.
func (s *serviceStory) server(d *datadriven.TestData) (i int) {
	if _, err := fmt.Sscanf(d.CmdArgs[0].Key, "s%d", &i); err != nil {
		d.Fatalf(s.t, "%q is no server", d.CmdArgs[0].Key)
	}
	return i
}

func (s *serviceStory) admit(d *datadriven.TestData, kind ring.ChangeKind) string {
	server, serial, expiry := s.server(d), 0, 100
	signedFor := fmt.Sprint("s", server)
	d.MaybeScanArgs(s.t, "serial", &serial)
	d.MaybeScanArgs(s.t, "expiry", &expiry)
	d.MaybeScanArgs(s.t, "signed-for", &signedFor)
	var other int
	if _, err := fmt.Sscanf(signedFor, "s%d", &other); err != nil {
		d.Fatalf(s.t, "%q is no server", signedFor)
	}
	signer := s.system.authority
	if d.HasArg("by") {
		signer = s.system.keys.Owner(1)
	}
	a := membership.Admission{Change: kind, Member: s.system.members[other], Serial: uint64(serial), Expiry: uint64(expiry)}
	a = membership.SignAdmission(s.system.keys.Keys(0), signer, a)
	a.Member = s.system.members[server]
	return s.execute(a.Encode())
}

func (s *serviceStory) status(d *datadriven.TestData, kind membership.VoteKind) string {
	target := idOf(s.server(d))
	epoch, evidence := s.evidence(d, kind, target)
	return s.execute(membership.EncodeStatus(epoch, kind, target, evidence))
}

// evidence makes the statements of by=(...), signed for signed-in= and presented for
// epoch=, both the service's epoch if not given.
func (s *serviceStory) evidence(d *datadriven.TestData, kind membership.VoteKind, target protocol.ID) (uint64, []membership.Statement) {
	epoch := int(s.service.Epoch())
	d.MaybeScanArgs(s.t, "epoch", &epoch)
	signedIn := epoch
	d.MaybeScanArgs(s.t, "signed-in", &signedIn)
	var by []int
	d.ScanArgs(s.t, "by", &by)
	var out []membership.Statement
	for _, i := range by {
		id := protocol.NodeID(i)
		v, ok := membership.SignVote(&s.system.cfg, s.system.keys.Keys(id), s.system.keys.EpochKey(id), uint64(signedIn), kind, target)
		if !ok {
			d.Fatalf(s.t, "no key for epoch %d", signedIn)
		}
		out = append(out, membership.Statement{Replica: i, Sig: v.Sig})
	}
	return uint64(epoch), out
}

func (s *serviceStory) state() string {
	var b strings.Builder
	c := s.service.Config()
	fmt.Fprintf(&b, "epoch %d:", c.Epoch())
	for i := range s.system.members {
		if m := c.Lookup(idOf(i)); m != nil {
			fmt.Fprintf(&b, " s%d", i)
			if m.Status == ring.Inactive {
				b.WriteString("(inactive)")
			}
		}
	}
	words := map[ring.ChangeKind]string{ring.Add: "add", ring.Remove: "remove"}
	for i := range s.system.members {
		for _, p := range s.service.Pending() {
			if word := words[p.Kind]; p.Member.ID != idOf(i) {
				continue
			} else if word != "" {
				fmt.Fprintf(&b, "; %s s%d", word, i)
			} else {
				fmt.Fprintf(&b, "; s%d becomes %v", i, p.Member.Status)
			}
		}
	}
	return b.String()
}

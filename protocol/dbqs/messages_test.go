package dbqs_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
)

// drawBytes draws n bytes from one number, so that a failing message stays short.
func drawBytes(t *rapid.T, n int) []byte {
	return bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, n)
}

func drawValue(t *rapid.T) []byte {
	if v := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value"); len(v) > 0 {
		return v
	}
	return nil
}

func drawTimestamp(t *rapid.T) dbqs.Timestamp {
	return dbqs.Timestamp{Counter: rapid.Uint64().Draw(t, "counter"), Writer: protocol.NodeID(rapid.Int32().Draw(t, "writer"))}
}

func drawRecord(t *rapid.T) *dbqs.Record {
	return &dbqs.Record{
		Public: auth.PublicKey(drawBytes(t, 32)), TS: drawTimestamp(t), Value: drawValue(t), Sig: auth.Signature(drawBytes(t, 64)),
	}
}

func drawArc(t *rapid.T) dbqs.Arc {
	return dbqs.Arc{Lo: protocol.ID(drawBytes(t, 32)), Hi: protocol.ID(drawBytes(t, 32))}
}

// drawMessage draws any message that travels or is stored.
func drawMessage(t *rapid.T) protocol.Message {
	h := dbqs.Header{Object: protocol.ID(drawBytes(t, 32)), Nonce: rapid.Uint64().Draw(t, "nonce"), Epoch: rapid.Uint64().Draw(t, "epoch")}
	mac := auth.MAC(drawBytes(t, 16))
	some := rapid.Bool().Draw(t, "some")
	switch rapid.IntRange(0, 16).Draw(t, "kind") {
	case 0:
		return &dbqs.ReadTS{Header: h}
	case 1:
		m := &dbqs.ReadTSReply{Header: h, MAC: mac}
		if some {
			m.Stamp = &dbqs.Stamp{
				Public: auth.PublicKey(drawBytes(t, 32)), TS: drawTimestamp(t),
				Digest: auth.Digest(drawBytes(t, 32)), Sig: auth.Signature(drawBytes(t, 64)),
			}
		}
		return m
	case 2:
		return &dbqs.Write{Header: h, Record: drawRecord(t)}
	case 3:
		return &dbqs.WriteReply{Header: h, Sig: auth.Signature(drawBytes(t, 64)), MAC: mac}
	case 4:
		return &dbqs.Read{Header: h}
	case 5:
		m := &dbqs.ReadReply{Header: h, MAC: mac}
		if some {
			m.Record = drawRecord(t)
		}
		return m
	case 6:
		return &dbqs.Put{Header: h, Value: drawValue(t)}
	case 7:
		return &dbqs.PutReply{Header: h, MAC: mac}
	case 8:
		return &dbqs.Get{Header: h}
	case 9:
		return &dbqs.GetReply{Header: h, Found: some, Value: drawValue(t), MAC: mac}
	case 10:
		return &dbqs.Refusal{Header: h, Now: rapid.Uint64().Draw(t, "now")}
	case 11:
		return &dbqs.Fetch{Into: h.Epoch, Arc: drawArc(t), Nonce: h.Nonce}
	case 12:
		m := &dbqs.FetchReply{Nonce: h.Nonce, Upto: h.Object, MAC: mac}
		if some {
			m.Registers = []dbqs.Held{{Object: h.Object, Record: drawRecord(t)}}
			m.Contents = [][]byte{drawValue(t), drawValue(t)}
		}
		return m
	case 13:
		return &dbqs.Confirm{Into: h.Epoch, Arc: drawArc(t)}
	case 14:
		return &dbqs.Confirmed{Into: h.Epoch, Arc: drawArc(t), MAC: mac}
	case 15:
		m := &dbqs.Progress{Epoch: h.Epoch, Lost: []dbqs.Claim{{Into: 3, Arc: drawArc(t)}}}
		if some {
			m.Pending = []dbqs.Claim{{Into: 4, Arc: drawArc(t), Except: []dbqs.Arc{drawArc(t)}, Again: true}}
		}
		return m
	}
	return drawRecord(t)
}

func TestDecodeInvertsAppendTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		form := m.AppendTo([]byte("before"))[len("before"):]
		got, err := dbqs.Decode(form)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("decoded %#v, %v; want %#v", got, err, m)
		}
		cut := rapid.IntRange(0, len(form)-1).Draw(t, "cut")
		if got, err := dbqs.Decode(form[:cut]); err == nil || got != nil {
			t.Fatalf("the first %d of %d bytes decode to %#v", cut, len(form), got)
		}
		if got, err := dbqs.Decode(append(form, 0)); err == nil || got != nil {
			t.Fatalf("a byte too many decodes to %#v", got)
		}
	})
}

func TestKindsAreComplete(t *testing.T) {
	var met []string
	rapid.Check(t, func(t *rapid.T) {
		for range 10 { // so that none is missed by chance
			m := drawMessage(t)
			switch m.(type) {
			case *dbqs.Record, *dbqs.Progress: // stored, never sent
				continue
			}
			if !slices.Contains(met, string(m.Kind())) {
				met = append(met, string(m.Kind()))
			}
		}
	})
	slices.Sort(met)
	kinds := dbqs.Kinds()
	slices.Sort(kinds)
	if !slices.Equal(met, kinds) {
		t.Errorf("Kinds says %q, messages have %q", kinds, met)
	}
}

func FuzzDecode(f *testing.F) {
	n := newNetwork(1, 2, 0)
	for _, op := range []protocol.Operation{
		{Kind: protocol.Write, Object: dbqs.ObjectID(n.owner.Public), Value: []byte("a")},
		{Kind: protocol.Read, Object: dbqs.ObjectID(n.owner.Public)},
		{Kind: protocol.Put, Object: dbqs.ContentID([]byte("a")), Value: []byte("a")},
		{Kind: protocol.Get, Object: dbqs.ContentID([]byte("a"))},
	} {
		client := n.nodes[n.servers]
		client.op = op
		client.machine.(protocol.Client).Invoke(client, op)
		for len(n.Flight) > 0 {
			p := n.Flight[0]
			n.Flight = n.Flight[1:]
			f.Add(p.M.AppendTo(nil))
			n.deliver(p, false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dbqs.Decode(b)
		if err != nil {
			if m != nil {
				t.Fatalf("an error and %#v", m)
			}
			return
		}
		if again := m.AppendTo(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x decodes to %#v, whose form is %x", b, m, again)
		}
		w := newNetwork(1, 1, 0)
		for _, x := range w.nodes { // whatever comes, from whom it may, nobody panics
			x.machine.Deliver(x, 0, m)
		}
	})
}

package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Auth authenticates a message: one MAC for each receiver, in the order of the
// group, or one signature. A message to a single receiver has one MAC.
type Auth struct {
	MACs []auth.MAC
	Sig  *auth.Signature
	room [4]auth.MAC // for MACs, where they fit: a group of four, or one receiver
	made mark
}

// Request asks for the execution of an operation (TOCS §2.3.1).
type Request struct {
	Client    protocol.NodeID
	Timestamp uint64 // strictly increasing at one client
	ReadOnly  bool   // may be answered without being ordered
	Replier   int32  // the replica that shall send the result whole; -1: every one. Not part of the digest
	Op        []byte
	Auth      Auth
	memo      memo[Request]
}

// PrePrepare assigns a batch of requests to a sequence number (§2.3.3). It names
// the requests by digest; the clients have sent the bodies to everyone.
type PrePrepare struct {
	View, Seq uint64
	Digest    auth.Digest   // of the concatenation of Requests
	Requests  []auth.Digest // in order of execution, at least one
	Replica   int32
	Auth      Auth
	memo      memo[PrePrepare]
}

// Prepare is a backup's agreement to an assignment.
type Prepare struct {
	View, Seq uint64
	Digest    auth.Digest
	Replica   int32
	Auth      Auth
}

// Commit says that its sender has prepared an assignment.
type Commit struct {
	View, Seq uint64
	Digest    auth.Digest
	Replica   int32
	Auth      Auth
}

// Reply carries the result of an operation to its client.
type Reply struct {
	View      uint64
	Timestamp uint64
	Client    protocol.NodeID
	Replica   int32
	Tentative bool   // executed at prepared
	Whole     bool   // Result is the result, and not its digest
	Result    []byte // the result, or its 32-byte digest
	Auth      Auth
}

// Checkpoint says that its sender's state after Seq has a digest (§2.3.4).
type Checkpoint struct {
	Seq     uint64
	Digest  auth.Digest
	Replica int32
	Auth    Auth
}

// CheckpointID names a checkpoint.
type CheckpointID struct {
	Seq    uint64
	Digest auth.Digest
}

// Certified is an entry of P or Q (§3.2.4): a batch that prepared, or
// pre-prepared, at a sequence number in a view. The digest of a null request is zero.
type Certified struct {
	Seq    uint64
	View   uint64
	Digest auth.Digest
	Proof  []Vote // signed form, in P: the PRE-PREPARE and 2f PREPAREs
}

// Vote is one signed statement within a proof. Its text follows from where it stands.
type Vote struct {
	Replica int32
	Sig     auth.Signature
}

// ViewChange announces that its sender has left for View and tells what it knows (§3.2.4).
type ViewChange struct {
	View    uint64
	H       uint64         // the sender's stable checkpoint
	C       []CheckpointID // the checkpoints that it holds, ascending
	P       []Certified    // what prepared in the latest view, one for each sequence number, ascending
	Q       []Certified    // what pre-prepared, latest view of each digest; ascending by number, then view, then digest
	HProof  []Vote         // signed form: a quorum of CHECKPOINTs for H, whose digest is the first of C
	Replica int32
	Auth    Auth
	memo    memo[ViewChange]
}

// ViewChangeAck tells one replica that its sender has received an authentic
// VIEW-CHANGE of Origin with this digest. It has one MAC.
type ViewChangeAck struct {
	View    uint64
	Origin  int32
	Digest  auth.Digest
	Replica int32
	Auth    Auth
}

// ViewChangeID names the VIEW-CHANGE of a replica.
type ViewChangeID struct {
	Replica int32
	Digest  auth.Digest
}

// NewView is the primary's decision on what the new view begins with (§3.2.4).
type NewView struct {
	View    uint64
	V       []ViewChangeID // the messages it rests on, ascending by replica
	Start   CheckpointID   // the checkpoint to start from
	X       []auth.Digest  // the digests chosen for Start.Seq+1, Start.Seq+2, ...; zero is a null request
	Signed  []*ViewChange  // signed form: the messages of V
	O       []Vote         // signed form: the PRE-PREPARE of each of X
	Replica int32
	Auth    Auth
}

// Status tells the others what its sender lacks, so that they send it again (§5.2).
type Status struct {
	View     uint64
	Active   bool
	H        uint64
	Executed uint64 // all up to it have executed; the masks are about the 64 numbers after it

	PrePrepared, Prepared, Committed uint64 // bit i: Executed+1+i has

	Have        protocol.Bitset // when not active: the VIEW-CHANGEs that the sender need not be sent
	HaveNewView bool
	Replica     int32
	Auth        Auth
}

// Fetch asks for the bodies of a batch.
type Fetch struct {
	Seq     uint64
	Digest  auth.Digest
	Replica int32
	Auth    Auth
}

// Bodies answers Fetch. The digest proves it.
type Bodies struct {
	Seq      uint64
	Requests []*Request
}

// FetchState asks for parts of a checkpoint. Part 0 is the list of the digests of
// the others.
type FetchState struct {
	Seq     uint64
	Parts   []uint32
	Replica int32
	Auth    Auth
}

// StatePart answers FetchState. The checkpoint's digest proves it.
type StatePart struct {
	Seq   uint64
	Part  uint32
	Bytes []byte
}

// Kind returns the name of the message's type.
func (*Request) Kind() protocol.Kind       { return "pbft.request" }
func (*PrePrepare) Kind() protocol.Kind    { return "pbft.pre-prepare" }
func (*Prepare) Kind() protocol.Kind       { return "pbft.prepare" }
func (*Commit) Kind() protocol.Kind        { return "pbft.commit" }
func (*Reply) Kind() protocol.Kind         { return "pbft.reply" }
func (*Checkpoint) Kind() protocol.Kind    { return "pbft.checkpoint" }
func (*ViewChange) Kind() protocol.Kind    { return "pbft.view-change" }
func (*ViewChangeAck) Kind() protocol.Kind { return "pbft.view-change-ack" }
func (*NewView) Kind() protocol.Kind       { return "pbft.new-view" }
func (*Status) Kind() protocol.Kind        { return "pbft.status" }
func (*Fetch) Kind() protocol.Kind         { return "pbft.fetch" }
func (*Bodies) Kind() protocol.Kind        { return "pbft.bodies" }
func (*FetchState) Kind() protocol.Kind    { return "pbft.fetch-state" }
func (*StatePart) Kind() protocol.Kind     { return "pbft.state-part" }

// Kinds returns the kinds of all messages.
func Kinds() []string {
	var names []string
	for _, m := range []protocol.Message{
		&Request{}, &PrePrepare{}, &Prepare{}, &Commit{}, &Reply{}, &Checkpoint{}, &ViewChange{}, &ViewChangeAck{},
		&NewView{}, &Status{}, &Fetch{}, &Bodies{}, &FetchState{}, &StatePart{},
	} {
		names = append(names, string(m.Kind()))
	}
	return names
}

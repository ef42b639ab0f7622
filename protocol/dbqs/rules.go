package dbqs

// Rule is a safety rule of this protocol that can be lifted, to see what it is for.
type Rule uint8

// The rules.
const (
	WriteBack         Rule = iota // a read writes back what fewer than a quorum hold
	ReadQuorum                    // a query waits for q replies; lifted: w
	WriteQuorum                   // a write waits for q acknowledgements; lifted: w
	DistinctSenders               // a replica counts once in a phase
	ReplyNonce                    // a reply counts only in the phase that asked for it
	VerifySignature               // only what the owner signed is believed
	WriterInTimestamp             // writers of one counter are told apart
	EpochCheck                    // a replica serves only requests of its own epoch
	OneEpochPhase                 // a phase counts replies of one epoch
	RestartPhaseOnly              // a new epoch restarts the phase
	TransferGate                  // a donor has left the epoch
	DonorComplete                 // a donor has all that it hands over
	TransferQuorum                // a transfer hears q members
	ServeWhenReady                // a replica serves after its transfer
	EpochChain                    // no epoch is skipped
	GarbageQuorum                 // what was lost is kept for a quorum
	Freshness                     // a client acts under a lease
	Recover                       // a server that was put right fetches everything anew
	rules
)

var ruleNames = [rules]string{
	WriteBack:         "dbqs.write-back",
	ReadQuorum:        "dbqs.read-quorum",
	WriteQuorum:       "dbqs.write-quorum",
	DistinctSenders:   "dbqs.distinct-senders",
	ReplyNonce:        "dbqs.reply-nonce",
	VerifySignature:   "dbqs.verify-signature",
	WriterInTimestamp: "dbqs.writer-in-timestamp",
	EpochCheck:        "dbqs.epoch-check",
	OneEpochPhase:     "dbqs.one-epoch-phase",
	RestartPhaseOnly:  "dbqs.restart-phase-only",
	TransferGate:      "dbqs.transfer-gate",
	DonorComplete:     "dbqs.donor-complete",
	TransferQuorum:    "dbqs.transfer-quorum",
	ServeWhenReady:    "dbqs.serve-when-ready",
	EpochChain:        "dbqs.epoch-chain",
	GarbageQuorum:     "dbqs.garbage-quorum",
	Freshness:         "dbqs.freshness",
	Recover:           "dbqs.recover",
}

var ruleDocs = [rules]string{
	WriteBack:         "a read returns a value only when a quorum is known to hold it, writing it back if need be",
	ReadQuorum:        "a query waits for 2f+1 replies; lifted, f+1 will do",
	WriteQuorum:       "a write waits for 2f+1 acknowledgements; lifted, f+1 will do",
	DistinctSenders:   "a replica counts once in a phase, however often it answers",
	ReplyNonce:        "a reply counts only in the phase whose nonce it carries",
	VerifySignature:   "replicas and readers believe only what the object's owner signed",
	WriterInTimestamp: "timestamps name their writer, so that two writers never share one; lifted, the counter alone orders",
	EpochCheck:        "a replica serves a request only if its epoch is the replica's own",
	OneEpochPhase:     "a phase counts replies of one epoch only; lifted, those of before an epoch's end still count after it",
	RestartPhaseOnly:  "a client that learns of a new epoch restarts the phase, with the timestamp that it has; lifted, the whole write",
	TransferGate:      "a member hands over an epoch's objects only after it has left the epoch",
	DonorComplete:     "a member hands over an epoch's objects only after it has finished its own transfer into that epoch",
	TransferQuorum:    "a transfer hears 2f+1 members of the old group; lifted, f+1 will do",
	ServeWhenReady:    "a replica serves an object only after it has finished its transfer of it",
	EpochChain:        "a server that slept goes through the epochs one at a time; lifted, straight from the one that it knew to the present",
	GarbageQuorum:     "a server keeps what it is no longer responsible for until 2f+1 members of the new group have it",
	Freshness:         "a client sends and accepts only under a lease that says that its epoch is current",
	Recover:           "a server that was in the adversary's hands, and is put right, fetches everything anew with the next epoch",
}

func (r Rule) String() string { return ruleNames[r] }

// Doc says what the rule demands, in a line.
func (r Rule) Doc() string { return ruleDocs[r] }

// OfEpochs reports whether the rule has a meaning only where epochs change.
func (r Rule) OfEpochs() bool { return r >= EpochCheck }

// AllRules returns the rules that can be lifted.
func AllRules() []Rule {
	all := make([]Rule, rules)
	for i := range all {
		all[i] = Rule(i)
	}
	return all
}

// Rules is a set of lifted rules. The zero value enforces everything.
type Rules uint32

// Lift returns the set with r lifted too.
func (s Rules) Lift(r Rule) Rules { return s | 1<<r }

// Lifted reports whether r is lifted.
func (s Rules) Lifted(r Rule) bool { return s>>r&1 == 1 }

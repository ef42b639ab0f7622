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
}

var ruleDocs = [rules]string{
	WriteBack:         "a read returns a value only when a quorum is known to hold it, writing it back if need be",
	ReadQuorum:        "a query waits for 2f+1 replies; lifted, f+1 will do",
	WriteQuorum:       "a write waits for 2f+1 acknowledgements; lifted, f+1 will do",
	DistinctSenders:   "a replica counts once in a phase, however often it answers",
	ReplyNonce:        "a reply counts only in the phase whose nonce it carries",
	VerifySignature:   "replicas and readers believe only what the object's owner signed",
	WriterInTimestamp: "timestamps name their writer, so that two writers never share one; lifted, the counter alone orders",
}

func (r Rule) String() string { return ruleNames[r] }

// Doc says what the rule demands, in a line.
func (r Rule) Doc() string { return ruleDocs[r] }

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

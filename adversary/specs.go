package adversary

import (
	"slices"
	"strings"

	"turncoat/protocol"
)

// specs is the table of strategies, sorted by name.
var specs = []Spec{
	{
		Name: "bftbc-say", Doc: "as a client, says anything that it could say to a replica, at any moment", Client: true, Protocol: "bftbc",
		Parameters: []Parameter{
			{"wait", "the longest from one message to the next", "200ms"},
			{"stamps", "how many timestamps are in play", "2"},
		},
		make: func(v *values) Strategy {
			return &BFTBCSay{wait: v.span("wait"), letters: BFTBCLetters{Stamps: v.count("stamps", 1, 16)}}
		},
	},
	{
		Name: "crash-restart", Doc: "goes mute for a spell and comes back without its memory",
		Parameters: []Parameter{
			rateParameter("a crash as a message comes in", "20000"),
			{"spell", "the longest time of being mute", "200ms"},
			{"forget", "whether it loses its memory, its disk too", "true"},
		},
		make: func(v *values) Strategy {
			return &CrashRestart{rate: v.rate("rate"), spell: v.span("spell"), forget: v.flag("forget")}
		},
	},
	{
		Name: "dbqs-answer", Doc: "answers with anything that it could say: nothing, any record that it has seen, one that nobody signed", Protocol: "dbqs",
		Parameters: []Parameter{{"again", "chance of another answer to the same request, in parts per million", "100000"}},
		make:       func(v *values) Strategy { return &DBQSAnswer{again: v.rate("again")} },
	},
	{
		Name: "dbqs-forget", Doc: "acknowledges what it is given to hold, and says ever after that there is nothing", Protocol: "dbqs",
		Parameters: []Parameter{rateParameter("denying", "1000000"), kindsParameter},
		make:       func(v *values) Strategy { return &DBQSForget{aim: v.aim()} },
	},
	{
		Name: "equivocate", Doc: "forks its state and tells one side of its peers another story than the other",
		Parameters: []Parameter{
			rateParameter("splitting as a message comes in", "50000"),
			{"heal", "chance of becoming whole again as a message comes in, in parts per million", "0"},
			{"informed", "whether the first fork also hears what the second is told", "false"},
		},
		make: func(v *values) Strategy {
			return &Equivocate{rate: v.rate("rate"), heal: v.rate("heal"), informed: v.flag("informed"), minds: minds{copies: make([]*Copy, 2)}}
		},
	},
	{
		Name: "fabricate", Doc: "alters what it says, signed again with its own keys",
		Parameters: []Parameter{rateParameter("altering a message", "500000"), kindsParameter},
		make:       func(v *values) Strategy { return &Fabricate{aim: v.aim()} },
	},
	{
		Name: "flood", Doc: "sends to itself for ever within one instant", SelfTest: true,
		Parameters: []Parameter{rateParameter("beginning as a message comes in", "1000000")},
		make:       func(v *values) Strategy { return &Flood{rate: v.rate("rate")} },
	},
	{
		Name: "garble", Doc: "flips bits of what it sends",
		Parameters: []Parameter{rateParameter("flipping bits of a message", "100000"), kindsParameter},
		make:       func(v *values) Strategy { return &Garble{aim: v.aim()} },
	},
	{
		Name: "lurk", Doc: "as a client, begins writes and withholds their ends until it is removed", Client: true,
		Parameters: []Parameter{
			{"begin", "chance of lurking, per operation that writes, in parts per million", "500000"},
			{"kinds", "the message kinds that would finish a write", "write"},
			{"copies", "how many writes it begins", "1"},
			{"together", "whether all at once; else each when the one before it is withheld", "false"},
			{"leak", "chance of each withheld message to leave all the same, in parts per million", "0"},
			{"tamper", "chance of planting a falsehood in a write's memory, in parts per million", "0"},
			{"build", "chance of building a write upon one that an accomplice withholds, in parts per million", "0"},
			{"trigger", "the message kind that tells of its removal", "bftbc.revoke"},
			{"wait", "the longest from then until it ends the first write; an eighth of it lies between two", "400ms"},
		},
		make: func(v *values) Strategy {
			return &Lurk{
				aim: v.aimAt(), begin: v.rate("begin"), copies: v.count("copies", 1, maxMinds), together: v.flag("together"),
				leak: v.rate("leak"), tamper: v.rate("tamper"), build: v.rate("build"), trigger: protocol.Kind(v.token("trigger")), wait: v.span("wait"),
			}
		},
	},
	{
		Name: "membership-impostor", Doc: "is gone, and someone without its keys answers pings in its name", Protocol: "membership",
		Parameters: []Parameter{rateParameter("being gone; decided once", "1000000")},
		make:       func(v *values) Strategy { return &MembershipImpostor{rate: v.rate("rate")} },
	},
	{
		Name: "membership-thief", Doc: "takes what signs for the service, and with enough of it signs what the service never said", Protocol: "membership",
		make: func(*values) Strategy { return &MembershipThief{} },
	},
	{
		Name: "pbft-gap", Doc: "leaves sequence numbers out, by ones or by far", Protocol: "pbft",
		Parameters: []Parameter{rateParameter("beginning a gap at a sequence number", "50000"), kindsParameter},
		make:       func(v *values) Strategy { return &PBFTGap{aim: v.aim()} },
	},
	{
		Name: "pbft-mac", Doc: "makes authenticators that are valid for some receivers only", Protocol: "pbft",
		Parameters: []Parameter{
			rateParameter("spoiling a message", "300000"), kindsParameter,
			{"primary", "whether they are valid for the primary alone", "false"},
		},
		make: func(v *values) Strategy { return &PBFTMac{aim: v.aim(), primary: v.flag("primary")} },
	},
	{
		Name: "pbft-order", Doc: "orders requests, or votes, in two ways for two sides of its peers", Protocol: "pbft",
		Parameters: []Parameter{
			rateParameter("a second version of a sequence number", "300000"), kindsParameter,
			{"echo", "whether it also votes for whatever its peer has voted for", "false"},
		},
		make: func(v *values) Strategy { return &PBFTOrder{aim: v.aim(), echo: v.flag("echo")} },
	},
	{
		Name: "pbft-say", Doc: "says anything that it could sign about the first sequence numbers in the first views", Protocol: "pbft",
		Parameters: []Parameter{
			rateParameter("speaking as a message comes in", "100000"),
			{"again", "chance of saying one thing more then, in parts per million", "100000"},
			{"slots", "how many sequence numbers it speaks of", "1"},
		},
		make: func(v *values) Strategy {
			return &PBFTSay{rate: v.rate("rate"), again: v.rate("again"), slots: v.count("slots", 1, 4)}
		},
	},
	{
		Name: "pbft-stall", Doc: "treats one client, or one replica, as if it did not exist", Protocol: "pbft",
		Parameters: []Parameter{
			rateParameter("making somebody the victim as he is first met", "500000"), kindsParameter,
			{"client", "whether the victim is a client, whose requests are not heard, and not a replica, which is told nothing", "true"},
		},
		make: func(v *values) Strategy {
			return &PBFTStall{aim: v.aim(), client: v.flag("client"), victim: protocol.None, minds: minds{copies: make([]*Copy, 1)}}
		},
	},
	{
		Name: "pbft-view-change", Doc: "lies in VIEW-CHANGEs about what prepared, and in NEW-VIEWs about what follows", Protocol: "pbft",
		Parameters: []Parameter{
			rateParameter("lying about a view", "700000"), kindsParameter,
			{"lie", "what the VIEW-CHANGE says: " + strings.Join(changeLies, ", ") + ", or any of them", "any"},
		},
		make: func(v *values) Strategy {
			return &PBFTViewChange{aim: v.aim(), lie: v.oneOf("lie", append(slices.Clone(changeLies), "any"))}
		},
	},
	{
		Name: "reorder", Doc: "gathers what it sends and sends it in another order",
		Parameters: []Parameter{
			rateParameter("beginning to gather as a message leaves", "300000"), kindsParameter,
			{"window", "how many messages it gathers", "4"},
			{"wait", "how long it gathers at most", "50ms"},
		},
		make: func(v *values) Strategy {
			return &Reorder{aim: v.aim(), window: v.count("window", 2, 1<<10), wait: v.span("wait")}
		},
	},
	{
		Name: "replay", Doc: "sends old messages again, besides the new or instead",
		Parameters: []Parameter{
			rateParameter("a replay as a message leaves", "200000"), kindsParameter,
			{"keep", "how many messages of its own it remembers", "32"},
			{"foreign", "whether it also relays what it and its accomplices were sent; needs a cabal", "false"},
		},
		make: func(v *values) Strategy {
			return &Replay{aim: v.aim(), keep: v.count("keep", 1, 1<<20), foreign: v.flag("foreign")}
		},
	},
	{
		Name: "silent", Doc: "sends nothing, or not all that it should",
		Parameters: []Parameter{rateParameter("dropping a message; at 1000000 it is decided once", "1000000"), kindsParameter},
		make:       func(v *values) Strategy { return &Silent{aim: v.aim()} },
	},
	{
		Name: "slow", Doc: "holds messages back for a time",
		Parameters: []Parameter{
			rateParameter("holding a message", "300000"), kindsParameter,
			{"delay", "the longest time that it holds one", "500ms"},
			{"steps", "how many different times it holds messages for; with 1 always the longest", "8"},
		},
		make: func(v *values) Strategy {
			return &Slow{aim: v.aim(), delay: v.span("delay"), steps: v.count("steps", 1, 1<<10)}
		},
	},
	{
		Name: "spin", Doc: "never returns from a delivery", SelfTest: true,
		Parameters: []Parameter{rateParameter("spinning as a message comes in", "1000000")},
		make:       func(v *values) Strategy { return &Spin{rate: v.rate("rate")} },
	},
	{
		Name: "stale", Doc: "answers from its past",
		Parameters: []Parameter{
			rateParameter("a stale answer", "500000"), kindsParameter,
			{"every", "how many messages come in between two states that it remembers", "16"},
			{"keep", "how many states it remembers, the first always among them", "4"},
		},
		make: func(v *values) Strategy {
			return &Stale{aim: v.aim(), every: v.count("every", 1, 1<<20), keep: v.count("keep", 1, 1<<10)}
		},
	},
	{
		Name: "twins", Doc: "runs several machines under one identity",
		Parameters: []Parameter{
			{"copies", "how many", "2"},
			{"split", "whether each peer speaks with the same ones for good", "true"},
		},
		make: func(v *values) Strategy {
			return &Twins{split: v.flag("split"), minds: minds{copies: make([]*Copy, v.count("copies", 2, maxMinds-1))}}
		},
	},
}

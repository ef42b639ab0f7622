package adversary

// specs is the table of strategies, sorted by name.
var specs = []Spec{
	{
		Name: "fabricate", Doc: "alters what it says, signed again with its own keys",
		Parameters: []Parameter{rateParameter("altering a message", "500000"), kindsParameter},
		make:       func(v *values) Strategy { return &Fabricate{aim: v.aim()} },
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
}

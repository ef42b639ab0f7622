package pbft

import (
	"fmt"
	"testing"
	"time"

	"turncoat/protocol/auth"
)

// sweepConfig varies the configuration with the seed.
func sweepConfig(n int, seed uint64) Config {
	return Config{
		Members: members(n), K: 2 + 2*(seed%3), Batch: 1 + int(seed%4), Signed: seed%5 == 4,
		Tentative: seed%2 == 1, DigestReplies: seed%7 == 1,
		ViewTimeout: 100 * time.Millisecond, StatusInterval: 30 * time.Millisecond, ClientTimeout: 80 * time.Millisecond,
	}.WithDefaults()
}

// sweep runs schedules and returns which situations they reached.
func sweep(t *testing.T, seeds uint64, prepare func(seed uint64) *schedule) map[string]int {
	t.Helper()
	notes := map[string]int{}
	for seed := range seeds {
		s := prepare(seed)
		s.loss = int(seed % 40)
		s.run(uint64(60 * time.Second))
		for k, v := range s.notes {
			notes[k] += v
		}
		s.report(t, fmt.Sprint("seed ", seed))
	}
	return notes
}

func mustReach(t *testing.T, notes map[string]int, situations ...string) {
	t.Helper()
	for _, name := range situations {
		if notes[name] == 0 {
			t.Errorf("no schedule reached %s: the sweep says less than it seems to", name)
		}
	}
}

// Losses, repetitions, reordering and one crashed replica.
func TestSweepCrash(t *testing.T) {
	notes := sweep(t, 150, func(seed uint64) *schedule {
		n := 4 + 3*int(seed%4/3)
		s := newSchedule(sweepConfig(n, seed), auth.Ideal, seed, 1+int(seed%5), 20)
		s.down[int(seed)%n] = seed%3 > 0
		return s
	})
	mustReach(t, notes, NoteViewChangePrepared, NoteViewChangeCommitted, NoteNullRequest, NoteViewChangesInARow, NoteJoined,
		NoteTransferWhileOrdering, NoteCheckpointBetweenViews, NoteRollback, NoteReplyResent, NoteDuplicateSkipped, NoteCaughtUp)
}

// The read-only optimisation loses liveness with a crash as published; without one it must not.
func TestSweepReadOnly(t *testing.T) {
	sweep(t, 60, func(seed uint64) *schedule {
		cfg := sweepConfig(4, seed)
		cfg.ReadOnly = true
		return newSchedule(cfg, auth.Ideal, seed, 1+int(seed%5), 20)
	})
}

// One replica lies about everything it says, at random, primary or backup.
func TestSweepLiar(t *testing.T) {
	notes := sweep(t, 150, func(seed uint64) *schedule {
		n := 4 + 3*int(seed%4/3)
		s := newSchedule(sweepConfig(n, seed), auth.Ideal, seed, 1+int(seed%5), 20)
		s.faulty[int(seed)%n] = true
		s.lies = liar(20 + int(seed%60))
		return s
	})
	mustReach(t, notes, NoteNewViewRefused, NoteWrongPart, NoteVouchedViewChange)
}

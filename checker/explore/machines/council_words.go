package machines

import (
	"fmt"
	"slices"
	"strings"

	"turncoat/checker/explore"
	"turncoat/protocol/ring"
)

// What happens to the membership service, in words.

// Describe says what an action does.
func (m *CouncilModel) Describe(s *CouncilState, a explore.Action) string {
	epoch := m.service(s).Epoch()
	if a&motionFlag == 0 {
		return fmt.Sprintf("r%d states in epoch %d: %s", a>>replicaShift, epoch, m.says(uint8(a)))
	}
	var evidence []string
	n := uint64(a) & 0xff
	for i := range n {
		x := unpacked(uint64(a) >> (24 - 16*i))
		text := fmt.Sprintf("r%d's of epoch %d", x.name, x.epoch)
		if x.signer != x.name {
			text += " made by r0"
		}
		evidence = append(evidence, text)
	}
	return fmt.Sprintf("the service accepts in epoch %d: %s, on the statements %s", epoch, m.says(uint8(uint64(a)>>48)), strings.Join(evidence, " and "))
}

func (m *CouncilModel) says(bit uint8) string {
	if bit == stateEnd {
		return "the epoch is over"
	}
	evict, target := targetOf(bit)
	if evict {
		return fmt.Sprintf("member %d is gone", target)
	}
	return fmt.Sprintf("member %d is back", target)
}

// Explain shows the service.
func (m *CouncilModel) Explain(s *CouncilState) string {
	service := m.service(s)
	lines := []string{fmt.Sprintf("epoch %d", service.Epoch())}
	for member := range service.Config().All() {
		if member.Status == ring.Inactive {
			lines = append(lines, fmt.Sprintf("member %d is inactive", slices.Index(m.ids, member.ID)))
		}
	}
	for _, c := range service.Pending() {
		lines = append(lines, fmt.Sprintf("member %d will be %v", slices.Index(m.ids, c.Member.ID), c.Member.Status))
	}
	return strings.Join(lines, "\n")
}

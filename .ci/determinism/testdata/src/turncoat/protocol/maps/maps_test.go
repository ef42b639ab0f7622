package maps

func inATest(m map[int]string) {
	for range m {
	}
}

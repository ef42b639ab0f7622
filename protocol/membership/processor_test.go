//go:build unix

package membership_test

import (
	"syscall"
	"testing"
	"time"
)

// processor returns the processor time that the tests have used, on all cores, the
// collector's too: what others do on the machine does not count.
func processor(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

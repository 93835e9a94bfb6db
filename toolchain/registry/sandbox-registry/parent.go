package main

import (
	"context"
	"os"
	"time"
)

const parentInterval = 250 * time.Millisecond

// stopWithParent calls stop when this process has another parent than the given
// one. A killed parent cannot tell its children, and the kernel then gives them
// another parent. (The kernel's own signal for this, on Linux, comes when the
// parent's thread ends, which for a test runner with threads is too early.)
func stopWithParent(ctx context.Context, parent int, stop func()) {
	ticker := time.NewTicker(parentInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if os.Getppid() != parent {
				stop()
				return
			}
		}
	}
}

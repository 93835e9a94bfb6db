package main

import (
	"context"
	"syscall"
	"testing"
)

func TestTheProgramEndsWhenTheHostIsKilled(t *testing.T) {
	host := startHost(t)
	ids, _ := runStubborn(t, host, context.Background())
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitForEnd(t, ids[0])
	_ = syscall.Kill(-ids[0], syscall.SIGKILL) // the kernel ends the program, not what it started
}

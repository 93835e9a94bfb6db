package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// gracePeriod is what an interrupted program gets to end by itself. The engine
// gives the host five seconds in all.
const gracePeriod = 3 * time.Second

// exit is how a process ended.
type exit struct {
	code   int            // exit code; 128 plus the signal if a signal ended it, as shells have it
	signal syscall.Signal // 0 if it ended by itself
}

func (e exit) String() string {
	if e.signal != 0 {
		return fmt.Sprintf("signal %d (%s)", int(e.signal), e.signal)
	}
	return fmt.Sprintf("exit code %d", e.code)
}

// runToEnd starts a process in a group of its own and waits for it. When ctx
// ends, the group gets SIGINT, and SIGKILL after the grace period; the error is
// then of code Canceled. ctx must be the one the command was made with.
func runToEnd(ctx context.Context, command *exec.Cmd) (exit, error) {
	command.SysProcAttr = processAttributes()
	command.Cancel = func() error { return signalGroup(command.Process, syscall.SIGINT) }
	command.WaitDelay = gracePeriod
	ended := make(chan error)
	go func() {
		// On Linux a child can be killed with its parent, by which the kernel
		// means the parent's thread: it has to live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ended <- command.Run()
	}()
	err := <-ended
	if ctx.Err() != nil {
		if command.Process != nil {
			_ = signalGroup(command.Process, syscall.SIGKILL) // what it started and did not end
		}
		return exit{}, status.FromContextError(ctx.Err()).Err()
	}
	return exitOf(command, err)
}

func exitOf(command *exec.Cmd, err error) (exit, error) {
	var failed *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // the latter: a descendant kept an output stream open
		return exit{}, nil
	case errors.As(err, &failed):
		if state, ok := failed.Sys().(syscall.WaitStatus); ok && state.Signaled() {
			return exit{code: 128 + int(state.Signal()), signal: state.Signal()}, nil
		}
		return exit{code: failed.ExitCode()}, nil
	default:
		return exit{}, status.Errorf(codes.Internal, "cannot run %s: %v", command.Path, err)
	}
}

// signalGroup signals a process and all its descendants that stayed in its group.
func signalGroup(process *os.Process, signal syscall.Signal) error {
	err := syscall.Kill(-process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

const (
	lockFile = "lock"
	logFile  = "control-plane.log"
)

// directory is the state of one control plane on disk. At most one process uses
// it at a time.
type directory struct {
	root string
	lock *os.File
	log  *os.File
}

// openDirectory creates the directory if need be, takes it for this process and
// sends the components' logs to a file in it: standard error is for messages
// that somebody must act on.
func openDirectory(root string) (*directory, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	d := &directory{root: root}
	if d.lock, err = os.OpenFile(d.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		d.lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is in use by another control plane: stop that one or give another --dir", root)
		}
		return nil, fmt.Errorf("lock %s: %w", root, err)
	}
	if d.log, err = os.OpenFile(d.path(logFile), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		d.lock.Close()
		return nil, err
	}
	if err := logTo(d.log); err != nil {
		d.lock.Close()
		return nil, err
	}
	return d, nil
}

func (d *directory) path(name string) string { return filepath.Join(d.root, name) }

func (d *directory) close() {
	klog.Flush()
	d.lock.Close()
}

// logTo sends klog, which most components log through, to a file, and with it
// all else that is written to the process's standard error: etcd's client has no
// setting for it. os.Stderr still leads to where it did.
func logTo(file *os.File) error {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{"logtostderr": "false", "alsologtostderr": "false", "stderrthreshold": "FATAL"} {
		if err := flags.Set(name, value); err != nil {
			return err
		}
	}
	klog.SetOutput(file)

	original, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return fmt.Errorf("standard error: %w", err)
	}
	if err := unix.Dup2(int(file.Fd()), unix.Stderr); err != nil {
		return fmt.Errorf("standard error: %w", err)
	}
	os.Stderr = os.NewFile(uintptr(original), "stderr")
	return nil
}

// writeFile replaces a file in one step, so that a reader, or the next start
// after a crash, sees the old content or the new one.
func (d *directory) writeFile(name string, data []byte) error {
	partial := d.path(name + ".partial")
	if err := os.WriteFile(partial, data, 0o600); err != nil {
		return err
	}
	return os.Rename(partial, d.path(name))
}

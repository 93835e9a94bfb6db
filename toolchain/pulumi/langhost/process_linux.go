package main

import "syscall"

// processAttributes puts a child into a group of its own and lets the kernel
// kill it should this process be killed before it can.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Command sandbox-control-plane is the Kubernetes API of the development
// sandbox, in one process and on loopback only: the real kube-apiserver with
// RBAC, an embedded etcd, and those controllers whose work an API client can see
// (namespaces, service accounts and their tokens, garbage collection, CronJobs,
// Jobs). There is no scheduler, no node and no kubelet, so Pods never run.
//
// It is a stand-in for a cluster in tests, not a distribution: audit, encryption
// at rest, admission webhooks' availability and upgrades are nobody's concern
// here.
//
//	sandbox-control-plane --dir DIR [--port N] [--exit-with-parent]
//
// DIR holds the data, the keys and admin.kubeconfig. When the API answers and
// the controllers have caught up, one line is printed to standard output:
//
//	ready https://127.0.0.1:PORT
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // CronJobs may name a time zone, and the host may have no database of them.
)

func main() {
	var settings settings
	flag.StringVar(&settings.dir, "dir", "", "directory for data and credentials; created with mode 0700 (required)")
	flag.IntVar(&settings.port, "port", 0, "port of the API on 127.0.0.1; 0 takes a free one")
	flag.BoolVar(&settings.exitWithParent, "exit-with-parent", false, "end when the process that started this one ends")
	flag.Parse()
	if settings.dir == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(settings); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox-control-plane:", err)
		os.Exit(1)
	}
}

type settings struct {
	dir            string
	port           int
	exitWithParent bool
}

// run serves until it is told to stop. It returns nil after an orderly end.
func run(settings settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if settings.exitWithParent {
		go stopWithParent(ctx, stop)
	}
	dir, err := openDirectory(settings.dir)
	if err != nil {
		return err
	}
	defer dir.close()
	listener, err := listen(settings.port)
	if err != nil {
		return err
	}
	defer listener.Close()

	plane, err := startControlPlane(ctx, dir, listener)
	if err != nil {
		return fmt.Errorf("%w (details: %s)", err, dir.path(logFile))
	}
	fmt.Println("ready", plane.url)
	return plane.wait()
}

// Command sandbox-registry keeps image layers for the development sandbox: the
// real OCI registry olareg, in one process and on loopback only.
//
// It is the store behind the sandbox's AWS, which decides who may read or write
// what and knows which image has which layer. Here nobody is asked for a
// password, nothing is collected as garbage, and what a killed process leaves is
// of no use to the next one.
//
//	sandbox-registry --dir DIR [--port N] [--exit-with-parent]
//
// DIR holds the layers. When the registry answers, one line is printed to
// standard output:
//
//	ready http://127.0.0.1:PORT
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
)

const (
	never           = -1 * time.Second
	shutdownTimeout = 2 * time.Second
)

type settings struct {
	dir            string
	port           int
	exitWithParent bool
}

func main() {
	var settings settings
	flag.StringVar(&settings.dir, "dir", "", "directory for layers; created with mode 0700 (required)")
	flag.IntVar(&settings.port, "port", 0, "port on 127.0.0.1; 0 takes a free one")
	flag.BoolVar(&settings.exitWithParent, "exit-with-parent", false, "end when the process that started this one ends")
	flag.Parse()
	if settings.dir == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(settings); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox-registry:", err)
		os.Exit(1)
	}
}

// run serves until it is told to stop. It returns nil after an orderly end.
func run(settings settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if settings.exitWithParent {
		// Asked for now: the parent may be gone before a goroutine has begun.
		go stopWithParent(ctx, os.Getppid(), stop)
	}
	if err := os.MkdirAll(settings.dir, 0o700); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(settings.port)))
	if err != nil {
		return fmt.Errorf("cannot listen: %w; choose another --port", err)
	}
	server := &http.Server{Handler: olareg.New(configuration(settings.dir)), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Printf("ready http://%s\n", listener.Addr())

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// A transfer under way is given a moment; then it is cut.
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// configuration is olareg's, without garbage collection: to olareg every layer
// is garbage, since the manifests are kept elsewhere.
func configuration(dir string) config.Config {
	return config.Config{
		Storage: config.ConfigStorage{
			StoreType: config.StoreDir,
			RootDir:   dir,
			GC:        config.ConfigGC{Frequency: never, GracePeriod: never},
		},
	}
}

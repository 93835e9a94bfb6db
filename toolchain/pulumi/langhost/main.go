// Command pulumi-language-python is a Pulumi language host for Python, for an
// engine that was built from Go modules: the official host is part of Pulumi's
// releases only and no published module. It speaks the LanguageRuntime protocol
// of github.com/pulumi/pulumi/sdk/v3 at the version in go.mod, and uses that
// module's own package python/toolchain for virtual environments and package
// managers, so that options in Pulumi.yaml mean the same as with the official host.
//
// The engine starts it with its own address as the last argument, reads the
// host's port from the first line of standard output, and shows everything
// printed after that line, by the host or by a program, to the user.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	// The SDK's logging defines -v and -logtostderr; the engine passes them on with --logflow.
	tracing := flag.String("tracing", "", "endpoint for traces")
	flag.Bool("logflow", false, "accepted for the engine; logging follows -v and -logtostderr")
	flag.String("root", "", "accepted for older engines; not used")
	flag.Parse()
	logging.InitLogging(false, 0, false)
	cmdutil.InitTracing("pulumi-language-python", "pulumi-language-python", *tracing)

	// The host is in a process group of its own, so Ctrl-C in a terminal reaches
	// only the engine, which interrupts the host when it wants it to end.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, stop, flag.Arg(0), *tracing); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve answers until ctx ends, or until the engine at the given address (empty:
// it will say so in its handshake) does.
func serve(ctx context.Context, stop context.CancelFunc, engine, tracing string) error {
	executor, err := findExecutor()
	if err != nil {
		return err
	}
	host := newHost(ctx, stop, executor, tracing)
	if engine != "" {
		if err := host.engineIs(engine); err != nil {
			return err
		}
	}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("cannot serve: %w", err)
	}
	fmt.Println(handle.Port)

	select {
	case err := <-handle.Done:
		return err
	case <-ctx.Done():
	}
	close(cancel)
	// Calls in progress end with the programs they wait for, which have been
	// interrupted and get their grace period. A caller that keeps its connection
	// busy must not keep this process.
	select {
	case err := <-handle.Done:
		return err
	case <-time.After(gracePeriod + time.Second):
		return nil
	}
}

package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// serviceAccountIssuer is what `iss` of every ServiceAccount token says.
const serviceAccountIssuer = "https://kubernetes.default.svc"

// prepareAPIServer configures a kube-apiserver with its own flags, so that each
// setting can be looked up in the Kubernetes documentation. The listener is ours:
// nobody can take the port between choosing and serving it.
func prepareAPIServer(ctx context.Context, dir *directory, listener net.Listener, etcd string) (options.CompletedOptions, error) {
	settings := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range settings.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	err := flags.Parse([]string{
		"--etcd-servers=https://" + etcd,
		"--etcd-cafile=" + dir.path(authorityCertificate),
		"--etcd-certfile=" + dir.path(etcdClientCert),
		"--etcd-keyfile=" + dir.path(etcdClientKey),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		// There is no node that could reach the service "kubernetes".
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + dir.path(serverCertificate),
		"--tls-private-key-file=" + dir.path(serverKey),
		"--token-auth-file=" + dir.path(tokenFile),
		"--authorization-mode=RBAC",
		"--service-account-issuer=" + serviceAccountIssuer,
		"--service-account-key-file=" + dir.path(serviceAccountKey),
		"--service-account-signing-key-file=" + dir.path(serviceAccountKey),
		"--service-cluster-ip-range=10.0.0.0/24",
	})
	if err != nil {
		return options.CompletedOptions{}, err
	}
	settings.SecureServing.Listener = listener
	settings.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := settings.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	// The server's own loopback client need not warn the server about itself.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := settings.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, utilerrors.NewAggregate(completed.Validate())
}

// serveAPI runs the server until ctx ends; the channel then gives its result.
func serveAPI(ctx context.Context, completed options.CompletedOptions) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, completed) }()
	return ended
}

// listen takes the API's port.
func listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("port %d of 127.0.0.1 cannot be used (%w): stop what uses it, or give another --port, or 0 for a free one", port, err)
	}
	return listener, nil
}

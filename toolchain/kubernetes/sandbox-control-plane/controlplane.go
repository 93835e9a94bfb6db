package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	readyTimeout  = 2 * time.Minute
	readyInterval = 50 * time.Millisecond
)

// controlPlane is a running etcd, API server and controllers.
type controlPlane struct {
	url   string
	etcd  *embed.Etcd
	ended <-chan error
	ctx   context.Context
}

// startControlPlane returns when clients can use the API and the controllers work.
func startControlPlane(ctx context.Context, dir *directory, listener net.Listener) (_ *controlPlane, err error) {
	url := "https://" + listener.Addr().String()
	credentials, err := loadOrCreateCredentials(dir)
	if err != nil {
		return nil, fmt.Errorf("credentials in %s: %w", dir.root, err)
	}
	if err := writeKubeconfig(dir, url, credentials); err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	etcd, err := startEtcd(dir)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	defer func() {
		if err != nil {
			etcd.Close()
		}
	}()
	completed, err := prepareAPIServer(ctx, dir, listener, etcd.Clients[0].Addr().String())
	if err != nil {
		return nil, fmt.Errorf("kube-apiserver: %w", err)
	}
	plane := &controlPlane{url: url, etcd: etcd, ended: serveAPI(ctx, completed), ctx: ctx}
	return plane, plane.becomeReady(credentials)
}

// becomeReady waits for the API, starts the controllers and waits for a proof of
// their work: the ServiceAccount they give the namespace "default".
func (p *controlPlane) becomeReady(credentials *credentials) error {
	config := adminConfig(p.url, credentials)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() {
		ready <- func() error {
			if err := p.poll("the API", func(ctx context.Context) error {
				return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
			}); err != nil {
				return err
			}
			if err := startControllers(p.ctx, config, client, credentials); err != nil {
				return fmt.Errorf("controllers: %w", err)
			}
			return p.poll("the controllers", func(ctx context.Context) error {
				_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
				return err
			})
		}()
	}()
	select {
	case err := <-p.ended:
		if err == nil {
			err = errors.New("stopped while starting")
		}
		return fmt.Errorf("kube-apiserver ended early: %w", err)
	case err := <-ready:
		return err
	}
}

func (p *controlPlane) poll(what string, probe func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(p.ctx, readyInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		last = probe(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%s did not answer in %s: %w", what, readyTimeout, errors.Join(last, err))
	}
	return nil
}

// wait blocks until the API server has ended and then closes etcd.
func (p *controlPlane) wait() error {
	err := <-p.ended
	p.etcd.Close()
	if p.ctx.Err() != nil {
		return nil // it was asked to stop
	}
	return err
}

func adminConfig(url string, credentials *credentials) *rest.Config {
	return &rest.Config{
		Host:            url,
		BearerToken:     credentials.adminToken,
		TLSClientConfig: rest.TLSClientConfig{CAData: credentials.authorityPEM},
		// The controllers share one client; the defaults would slow them down.
		QPS:   500,
		Burst: 1000,
	}
}

package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	cacheddiscovery "k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher"
	"k8s.io/kubernetes/pkg/controller/cronjob"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	tokens "k8s.io/kubernetes/pkg/serviceaccount"
)

const (
	informerResync  = 10 * time.Minute
	namespaceResync = 5 * time.Minute
	// How often the garbage collector looks for new resource types.
	discoveryResync = 30 * time.Second
)

// controllers builds each controller on the same informers. They run until ctx
// ends, once start has been called.
type controllers struct {
	ctx         context.Context
	client      *kubernetes.Clientset
	metadata    metadata.Interface
	informers   informers.SharedInformerFactory
	credentials *credentials
	run         []func()
}

func startControllers(ctx context.Context, config *rest.Config, client *kubernetes.Clientset, credentials *credentials) error {
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, informerResync)
	all := informerfactory.NewInformerFactory(shared, metadatainformer.NewSharedInformerFactory(meta, informerResync))
	started := make(chan struct{})
	c := &controllers{ctx: ctx, client: client, metadata: meta, informers: shared, credentials: credentials}

	c.addNamespaces()
	for name, add := range map[string]func() error{
		"service accounts": c.addServiceAccounts,
		"token secrets":    c.addTokenSecrets,
		"root CA":          c.addRootAuthority,
		"jobs":             c.addJobs,
		"garbage collector": func() error {
			return c.addGarbageCollector(all, started)
		},
	} {
		if err := add(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, run := range c.run {
		go run()
	}
	all.Start(ctx.Done())
	close(started)
	return nil
}

// addNamespaces empties and removes a deleted namespace.
func (c *controllers) addNamespaces() {
	controller := namespace.NewNamespaceController(
		c.ctx, c.client, c.metadata, c.client.Discovery().ServerPreferredNamespacedResources,
		c.informers.Core().V1().Namespaces(), namespaceResync, corev1.FinalizerKubernetes,
	)
	c.run = append(c.run, func() { controller.Run(c.ctx, 4) })
}

// addServiceAccounts gives every namespace its ServiceAccount "default".
func (c *controllers) addServiceAccounts() error {
	core := c.informers.Core().V1()
	controller, err := serviceaccount.NewServiceAccountsController(
		klog.FromContext(c.ctx), core.ServiceAccounts(), core.Namespaces(), c.client,
		serviceaccount.DefaultServiceAccountsControllerOptions(),
	)
	if err != nil {
		return err
	}
	c.run = append(c.run, func() { controller.Run(c.ctx, 1) })
	return nil
}

// addTokenSecrets fills Secrets of type kubernetes.io/service-account-token.
func (c *controllers) addTokenSecrets() error {
	generator, err := tokens.JWTTokenGenerator(tokens.LegacyIssuer, c.credentials.serviceAccountKey)
	if err != nil {
		return err
	}
	core := c.informers.Core().V1()
	controller, err := serviceaccount.NewTokensController(
		klog.FromContext(c.ctx), core.ServiceAccounts(), core.Secrets(), c.client,
		serviceaccount.TokensControllerOptions{TokenGenerator: generator, RootCA: c.credentials.authorityPEM},
	)
	if err != nil {
		return err
	}
	c.run = append(c.run, func() { controller.Run(c.ctx, 1) })
	return nil
}

// addRootAuthority publishes the ConfigMap kube-root-ca.crt in every namespace.
func (c *controllers) addRootAuthority() error {
	core := c.informers.Core().V1()
	controller, err := rootcacertpublisher.NewPublisher(
		core.ConfigMaps(), core.Namespaces(), c.client, c.credentials.authorityPEM,
	)
	if err != nil {
		return err
	}
	c.run = append(c.run, func() { controller.Run(c.ctx, 1) })
	return nil
}

// addJobs makes Jobs from CronJobs and Pods from Jobs. The Pods stay pending.
func (c *controllers) addJobs() error {
	batch := c.informers.Batch().V1()
	cronJobs, err := cronjob.NewControllerV2(c.ctx, batch.Jobs(), batch.CronJobs(), c.client)
	if err != nil {
		return err
	}
	jobs, err := job.NewController(c.ctx, c.informers.Core().V1().Pods(), batch.Jobs(), c.client)
	if err != nil {
		return err
	}
	c.run = append(c.run, func() { cronJobs.Run(c.ctx, 1) }, func() { jobs.Run(c.ctx, 1) })
	return nil
}

// addGarbageCollector deletes what an owner left behind.
func (c *controllers) addGarbageCollector(all informerfactory.InformerFactory, started <-chan struct{}) error {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(cacheddiscovery.NewMemCacheClient(c.client.Discovery()))
	collector, err := garbagecollector.NewGarbageCollector(
		c.ctx, c.client, c.metadata, mapper, garbagecollector.DefaultIgnoredResources(), all, started,
	)
	if err != nil {
		return err
	}
	c.run = append(c.run,
		func() { collector.Run(c.ctx, 4, discoveryResync) },
		func() { collector.Sync(c.ctx, c.client.Discovery(), discoveryResync) },
	)
	return nil
}

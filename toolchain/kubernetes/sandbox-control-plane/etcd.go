package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
)

const etcdStartTimeout = 30 * time.Second

// startEtcd opens the data under dir. It answers on a free loopback port and
// only to holders of the API server's client certificate: everything on the
// machine can reach loopback, and etcd knows no RBAC of Kubernetes.
func startEtcd(dir *directory) (*embed.Etcd, error) {
	loopback := []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
	identity := transport.TLSInfo{
		CertFile:       dir.path(serverCertificate),
		KeyFile:        dir.path(serverKey),
		ClientCertFile: dir.path(etcdClientCert),
		ClientKeyFile:  dir.path(etcdClientKey),
		TrustedCAFile:  dir.path(authorityCertificate),
		ClientCertAuth: true,
	}
	config := embed.NewConfig()
	config.Dir = dir.path("etcd")
	config.ListenClientUrls, config.AdvertiseClientUrls = loopback, loopback
	config.ListenPeerUrls, config.AdvertisePeerUrls = loopback, loopback
	config.ClientTLSInfo, config.PeerTLSInfo = identity, identity
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// A power cut may lose the last writes of a sandbox; a crash of the process does not.
	config.UnsafeNoFsync = true
	config.LogLevel = "error"
	config.LogOutputs = []string{dir.path("etcd.log")}

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		etcd.Close()
		return nil, err
	case <-etcd.Server.StopNotify():
		etcd.Close()
		return nil, errors.New("stopped while starting")
	case <-time.After(etcdStartTimeout):
		etcd.Close()
		return nil, fmt.Errorf("not ready within %s", etcdStartTimeout)
	}
}

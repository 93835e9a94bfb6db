package main

import (
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	adminKubeconfig = "admin.kubeconfig"
	contextName     = "sandbox"
)

// writeKubeconfig gives the administrator's way in. The file is the same after a
// restart on the same port.
func writeKubeconfig(dir *directory, url string, credentials *credentials) error {
	config := clientcmdapi.NewConfig()
	config.Clusters[contextName] = &clientcmdapi.Cluster{Server: url, CertificateAuthorityData: credentials.authorityPEM}
	config.AuthInfos[adminUser] = &clientcmdapi.AuthInfo{Token: credentials.adminToken}
	config.Contexts[contextName] = &clientcmdapi.Context{Cluster: contextName, AuthInfo: adminUser}
	config.CurrentContext = contextName
	encoded, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return dir.writeFile(adminKubeconfig, encoded)
}

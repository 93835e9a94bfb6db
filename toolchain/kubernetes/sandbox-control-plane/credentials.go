package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	authorityCertificate = "ca.crt"
	authorityKey         = "ca.key"
	serverCertificate    = "server.crt"
	serverKey            = "server.key"
	etcdClientCert       = "etcd-client.crt"
	etcdClientKey        = "etcd-client.key"
	serviceAccountKey    = "service-account.key"
	tokenFile            = "tokens.csv"
	adminUser            = "admin"
	adminGroup           = "system:masters"

	// The authority lives for ten years (client-go's default); what it issues is
	// renewed at every start, so a sandbox kept for long does not run into expiry.
	issuedFor = 365 * 24 * time.Hour
)

// credentials are the secrets of one control plane. Authority, service account
// key and administrator's token are made once and kept: a kubeconfig or a
// ServiceAccount token from before a restart stays good.
type credentials struct {
	authorityPEM      []byte
	serviceAccountKey crypto.Signer
	adminToken        string
}

func loadOrCreateCredentials(dir *directory) (*credentials, error) {
	authority, authorityPrivate, err := loadOrCreateAuthority(dir)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	issued := []struct {
		certificate, key, name string
		usage                  x509.ExtKeyUsage
	}{
		{serverCertificate, serverKey, "127.0.0.1", x509.ExtKeyUsageServerAuth},
		{etcdClientCert, etcdClientKey, "kube-apiserver", x509.ExtKeyUsageClientAuth},
	}
	for _, i := range issued {
		if err := issue(dir, authority, authorityPrivate, i.certificate, i.key, i.name, i.usage); err != nil {
			return nil, fmt.Errorf("certificate %s: %w", i.certificate, err)
		}
	}
	signer, err := loadOrCreateKey(dir, serviceAccountKey)
	if err != nil {
		return nil, fmt.Errorf("service account key: %w", err)
	}
	token, err := loadOrCreateToken(dir)
	if err != nil {
		return nil, fmt.Errorf("administrator's token: %w", err)
	}
	return &credentials{
		authorityPEM:      encodeCertificate(authority),
		serviceAccountKey: signer,
		adminToken:        token,
	}, nil
}

func loadOrCreateAuthority(dir *directory) (*x509.Certificate, crypto.Signer, error) {
	key, err := loadOrCreateKey(dir, authorityKey)
	if err != nil {
		return nil, nil, err
	}
	existing, err := cert.CertsFromFile(dir.path(authorityCertificate))
	if err == nil {
		return existing[0], key, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	authority, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "sandbox-control-plane"}, key)
	if err != nil {
		return nil, nil, err
	}
	return authority, key, dir.writeFile(authorityCertificate, encodeCertificate(authority))
}

// issue writes a fresh key and a certificate for loopback, signed by the authority.
func issue(
	dir *directory, authority *x509.Certificate, authorityPrivate crypto.Signer,
	certificateFile, keyFile, name string, usage x509.ExtKeyUsage,
) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		// An hour of slack: clocks of containers and hosts differ.
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(issuedFor),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
	}, authority, key.Public(), authorityPrivate)
	if err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return errors.Join(dir.writeFile(keyFile, keyPEM), dir.writeFile(certificateFile, encodeCertificate(certificate)))
}

func loadOrCreateKey(dir *directory, name string) (crypto.Signer, error) {
	existing, err := keyutil.PrivateKeyFromFile(dir.path(name))
	if err == nil {
		signer, ok := existing.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("%s holds a %T, which cannot sign; delete the directory to start anew", name, existing)
		}
		return signer, nil
	}
	if _, missing := os.Stat(dir.path(name)); !errors.Is(missing, os.ErrNotExist) {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, err
	}
	return key, dir.writeFile(name, pem)
}

// loadOrCreateToken keeps the token in the format of kube-apiserver's
// --token-auth-file: token, user, uid, groups.
func loadOrCreateToken(dir *directory) (string, error) {
	existing, err := os.ReadFile(dir.path(tokenFile))
	if err == nil {
		token, _, _ := strings.Cut(string(existing), ",")
		return token, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	token := hex.EncodeToString(random)
	line := fmt.Sprintf("%s,%s,%s,%q\n", token, adminUser, adminUser, adminGroup)
	return token, dir.writeFile(tokenFile, []byte(line))
}

func newKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func encodeCertificate(certificate *x509.Certificate) []byte {
	encoded, err := cert.EncodeCertificates(certificate)
	if err != nil {
		panic(err) // writing to memory does not fail
	}
	return encoded
}
